// The interface of the deployed secondary-node management system, against the real node. The names
// of tests begin with what they show of §7 of its specification.
#include <catch2/catch.hpp>

#include "tests/server/snms_client.h"

namespace idnode::testing {

TEST_CASE("SNMS 1, 7: recorded conversations about identifiers are answered octet by octet") {
    Setting setting;
    SnmsClient client(setting);
    play(client, "identifiers");
    CHECK(setting.daemon().stop_and_find_faults() == "");
}

}  // namespace idnode::testing
