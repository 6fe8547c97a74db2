#include "tools/lifecycle.h"

#include "registry/http/epcis/epcis.h"

namespace idnode::tools {

namespace {

events::Terms terms_of(const Settings& settings) {
    events::Terms out;
    out.schemes.prefix_levels_max = static_cast<unsigned>(settings.node.max_levels);
    return out;
}

}  // namespace

LifecycleRecords::LifecycleRecords(const Settings& settings,
                                   const registration::Registrar& registrar,
                                   registration::LoginLimit& logins)
    : terms_(terms_of(settings)),
      log_(registrar.store, registrar.clock),
      lifecycle_{registrar, log_, terms_},
      handler_(http::make_epcis_handler(lifecycle_, logins)) {}

}  // namespace idnode::tools
