#include "registry/registration/applications.h"

#include "registry/registration/enterprises.h"
#include "registry/registration/files.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using Edits = std::vector<model::ObjectEdit>;

void append(Edits& to, Edits more) {
    for (model::ObjectEdit& one : more) to.push_back(std::move(one));
}

Outcome<Edits> edits_for_account(Accounts& accounts, const Application& application,
                                 std::uint64_t enterprise_id) {
    if (!application.username.empty()) {
        return accounts.edits_to_bind(application.username, enterprise_id);
    }
    v1::NewAccount user = application.user;
    user.mutable_account()->set_role(v1::ROLE_ENTERPRISE_ADMINISTRATOR);
    user.mutable_account()->set_enterprise_id(enterprise_id);
    return accounts.edits_to_create(user, application.password);
}

}  // namespace

Outcome<v1::Enterprise> file_application(const Registrar& registrar, LoginLimit& logins,
                                         const Actor& actor, const Application& application) {
    for (const v1::Scope scope :
         {v1::SCOPE_OPERATE, v1::SCOPE_ENTERPRISES_WRITE, v1::SCOPE_ACCOUNTS}) {
        if (auto may = require(actor, scope); !may) return may.error();
    }
    Enterprises enterprises(registrar);
    Accounts accounts(registrar, logins);
    const Files files(registrar);
    v1::Enterprise enterprise;
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        enterprise.Clear();
        *enterprise.mutable_profile() = application.profile;
        auto edits = enterprises.edits_to_apply(enterprise);
        if (!edits) return edits.error();
        auto account = edits_for_account(accounts, application, enterprise.id());
        if (!account) return account.error();
        append(*edits, *std::move(account));
        auto used = files.edits_to_use(application.file_ids, enterprise.id());
        if (!used) return used.error();
        append(*edits, *std::move(used));
        auto kept = files.edits_to_keep(application.personal, enterprise.id());
        if (!kept) return kept.error();
        append(*edits, *std::move(kept));
        model::Change change = change_by(actor);
        change.objects = *std::move(edits);
        return commit(registrar.store, change);
    });
    if (!done) return done.error();
    return enterprises.find(actor, enterprise.id());
}

}  // namespace idnode::registration
