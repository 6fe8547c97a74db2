#include "registry/http/epcis/routes.h"

namespace idnode::http {

std::span<const EpcisRoute> capture_routes() {
    return {};
}

}  // namespace idnode::http
