#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/header.h"
#include "registry/model/ports.h"
#include "registry/service/authority.h"
#include "registry/service/directory.h"
#include "registry/service/identity.h"
#include "registry/service/responsibility.h"

namespace idnode::service {

/// What an administrative operation came to.
struct Verdict {
    handle::ResponseCode code = handle::ResponseCode::kSuccess;
    std::string text{};             // for people, on errors
    bool replaced = false;          // something existing was replaced
    std::string handle{};           // of a creation: as requested, or as minted
    Bytes referral{};               // kPrefixReferral: the `VALUES` section
    bool condition_failed = false;  // allowed, but the record is not as `change_only_if` wants it
    model::TransactionId transaction = 0;  // the last one of the change; 0: nothing was changed
};

/// Names of a list in their order. Blocks on the disk; used by one thread at a time, not beyond the
/// life of the store.
class NameList {
  public:
    virtual ~NameList() = default;
    /// Nothing at the end.
    virtual Result<std::optional<std::string>> next() = 0;
};
struct Listed {
    Verdict verdict;
    std::unique_ptr<NameList> names{};  // null: the verdict says why not
};

/// The administrative operations of §4.5 to §4.8 in the decision order given there: what is refused
/// before authentication, what after, which rights each change needs. Every change is one commit
/// with its log entries. May block on the disk and on other nodes. Not thread-safe: one per thread.
class Administration {
  public:
    struct Settings {
        std::string own_prefix;                                    // folded
        model::SuffixCase suffix_case = model::SuffixCase::kFold;  // of prefixes homed from now on
        bool list_handles = true;
    };

    Administration(model::RecordStore& store, Directory& directory, Authority& authority,
                   model::Entropy& entropy, Settings settings);

    /// Whether a record may be changed, from its version; nothing: there is none.
    using Condition = std::function<bool(std::optional<model::TransactionId>)>;
    /// From now on a record is changed only if this holds, which is decided after everything else
    /// and together with the commit. The verdict of what it stops is kError with
    /// `condition_failed`.
    void change_only_if(Condition condition) { condition_ = std::move(condition); }

    /// Where the requests of now come from, for the change log.
    void come_from(std::string address) { from_ = std::move(address); }

    struct CreateOptions {
        bool overwrite = false;
        bool mint_suffix = false;
        bool refer = true;  // the peer understands prefix referrals and wants them
    };
    /// `values`: a `VALUES` section that was walked once, in any order.
    Verdict create(std::string_view handle, BytesView values, CreateOptions options,
                   Requester& requester);
    Verdict delete_handle(std::string_view handle, Requester& requester);
    Verdict add_values(std::string_view handle, BytesView values, bool overwrite, bool refer,
                       Requester& requester);
    Verdict modify_values(std::string_view handle, BytesView values, bool refer,
                          Requester& requester);
    Verdict remove_values(std::string_view handle, std::span<const std::int32_t> indexes,
                          bool refer, Requester& requester);
    Verdict home(std::string_view prefix, Requester& requester);
    Verdict unhome(std::string_view prefix, Requester& requester);

    /// The handles under a prefix handle in key order, folded as they are compared; under
    /// `0.NA/0.NA` the prefix handles, under a marker the handles of derived prefixes (§4.8).
    Listed list_handles(std::string_view prefix_handle, Requester& requester);
    Listed list_homed_prefixes(Requester& requester);
    /// Takes one name; false: no more are wanted.
    using Take = std::function<bool(std::string_view)>;
    Verdict list_handles(std::string_view prefix_handle, Requester& requester, const Take& take);
    Verdict list_homed_prefixes(Requester& requester, const Take& take);
    /// For operations whose work is done elsewhere: may this requester have it done?
    Verdict permit_server(Requester& requester);
    /// May this requester retrieve everything to mirror it?
    Verdict permit_mirror(Requester& requester);
    /// §4.3 step 6: may this requester read restricted values of the record?
    Verdict permit_reading(std::span<const handle::Value> record, Requester& requester);

  private:
    struct Target;

    template <class Attempt>
    Verdict until_no_conflict(Attempt&& attempt);
    std::optional<Verdict> check_responsible(Target& target, bool refer);
    std::optional<Verdict> read(Target& target);
    Verdict commit(Target& target, model::Edit::Kind kind, Bytes values, Requester& requester);
    Verdict put(Target& target, Bytes values, Requester& requester);
    Verdict permit(Requester& requester, std::span<const handle::Value> record,
                   std::uint16_t needed);
    Verdict permit_creation(const Target& target, Requester& requester);
    Verdict create_once(Target& target, BytesView values, CreateOptions options,
                        Requester& requester);
    Verdict permit_overwrite(const Target& target, std::span<const handle::ValueView> new_values,
                             Requester& requester);
    Verdict change_homing(model::Edit::Kind kind, std::string_view prefix, Requester& requester);

    model::RecordStore& store_;
    Directory& directory_;
    Authority& authority_;
    model::Entropy& entropy_;
    const Settings settings_;
    Responsibility responsibility_;
    Condition condition_;
    std::string from_;
};

}  // namespace idnode::service
