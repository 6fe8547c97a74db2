#include "tools/registration.h"

#include <utility>

#include "proto/base/text.h"
#include "registry/http/api/api.h"
#include "registry/registration/accounts.h"
#include "resolver/crypto/digests.h"
#include "resolver/crypto/key_file.h"
#include "resolver/crypto/passwords.h"
#include "storage/stores.h"
#include "tools/node_keys.h"
#include "tools/system_clock.h"

namespace idnode::tools {

namespace {

registration::Terms terms_of(const Settings& settings) {
    registration::Terms out;
    out.own_prefix = fold_ascii(settings.node.prefix);
    out.prefix_levels_max = static_cast<unsigned>(settings.node.max_levels);
    out.suffix_case = settings.suffix_case();
    out.is_mirror = settings.is_mirror();
    out.personal_data = std::chrono::days(settings.snms.personal_data_days);
    const Settings::Registration& given = settings.registration;
    out.allow_plain = given.allow_plain == "on";
    out.any_industry_codes = given.industry_codes == "any";
    out.retire = std::chrono::days(given.retire_days);
    out.token_lifetime = given.token_lifetime;
    out.token_lifetime_max = given.token_lifetime_max;
    out.batch_items_max = static_cast<std::size_t>(given.batch_items_max);
    out.identifiers_max = static_cast<std::uint64_t>(given.identifiers_max);
    out.requests_per_second_max = static_cast<std::uint32_t>(given.requests_per_second_max);
    out.identifiers_per_second_max = static_cast<std::uint32_t>(given.identifiers_per_second_max);
    return out;
}

Error to_error(const registration::Refusal& refusal) {
    return {Errc::kInternal, refusal.message};
}

}  // namespace

Registration::Registration(const Settings& settings, const Parts& parts,
                           std::unique_ptr<model::Seal> seal)
    : terms_(terms_of(settings)),
      passwords_(crypto::make_passwords(parts.entropy)),
      seal_(std::move(seal)),
      registrar_{parts.store, parts.clock, parts.entropy, parts.digests, *passwords_,
                 *seal_,      meters_,     rates_,        housekeeping_, terms_},
      api_(http::make_api_handler(registrar_, logins_)) {}

Registration::~Registration() {
    (void)meters_.flush(registrar_);  // there is nobody left to tell
}

Result<std::unique_ptr<Registration>> Registration::open(const Settings& settings,
                                                         const Parts& parts) {
    auto seal = crypto::make_seal(parts.server_key, parts.entropy);
    if (!seal) return seal.error();
    return std::unique_ptr<Registration>(new Registration(settings, parts, *std::move(seal)));
}

Result<void> make_operator(const registration::Registrar& registrar,
                           const std::filesystem::path& file) {
    registration::Actor maker{.account = std::string(kOperatorAccount),
                              .role = v1::ROLE_OPERATOR,
                              .scopes = registration::scopes_of(v1::ROLE_OPERATOR)};
    registration::LoginLimit logins;
    registration::Accounts accounts(registrar, logins);
    v1::NewAccount wanted;
    wanted.mutable_account()->set_name(std::string(kOperatorAccount));
    wanted.mutable_account()->set_role(v1::ROLE_OPERATOR);
    const auto created = accounts.create(maker, wanted);
    if (!created && created.error().code != registration::Code::kExists) {
        return to_error(created.error());
    }
    v1::TokenRequest request;
    request.set_label("made on the node's machine");
    request.set_lifetime_s(static_cast<std::uint32_t>(registrar.terms.token_lifetime_max.count()));
    const auto token = accounts.issue(maker, request);
    if (!token) return to_error(token.error());
    return crypto::write_secret_file(file, as_bytes_view(token->token() + "\n"));
}

Result<void> renew_operator(const Settings& settings, const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) {
        return Error{Errc::kConflict,
                     file.string() + " exists already; remove it first, or give another file"};
    }
    const auto key = read_server_key(settings.keys_dir());
    if (!key) return key.error();
    const SystemClock clock;
    storage::RocksOptions options;
    options.dir = settings.data_dir();
    const auto store = storage::open_rocks_store(options, clock);
    if (!store) return store.error();
    const auto entropy = crypto::make_entropy();
    const auto digests = crypto::make_digests();
    const auto registration =
        Registration::open(settings, {**store, clock, *entropy, *digests, *key});
    if (!registration) return registration.error();
    return make_operator((*registration)->registrar(), file);
}

}  // namespace idnode::tools
