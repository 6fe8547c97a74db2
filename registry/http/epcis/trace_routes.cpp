#include "registry/http/epcis/routes.h"

namespace idnode::http {

std::span<const EpcisRoute> trace_routes() {
    return {};
}

}  // namespace idnode::http
