#include "registry/http/epcis/routes.h"

namespace idnode::http {

std::span<const EpcisRoute> product_routes() {
    return {};
}

}  // namespace idnode::http
