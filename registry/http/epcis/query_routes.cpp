#include "registry/http/epcis/routes.h"

namespace idnode::http {

std::span<const EpcisRoute> query_routes() {
    return {};
}

}  // namespace idnode::http
