#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/handle/value.h"
#include "proto/idnode/v1/coding.pb.h"
#include "proto/idnode/v1/grant.pb.h"
#include "proto/idnode/v1/identifier.pb.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "registry/registration/actor.h"
#include "registry/registration/history.h"
#include "registry/registration/item_values.h"
#include "registry/registration/meters.h"
#include "registry/registration/registrar.h"

namespace idnode::registration {

/// What is done with one identifier.
enum class Write : std::uint8_t {
    kCreate,   // it must not exist
    kReplace,  // it must exist; all its values but the administrative ones are these
    kPatch,    // it must exist; these values are set, those with an empty text removed
    kPut,      // create or replace
    kDelete,   // it must exist
};

/// One identifier as it came. Views point into the request.
struct Draft {
    Write write = Write::kCreate;
    std::string_view handle;
    std::string_view template_version;  // empty: none; of a patch: the one it has
    std::vector<DraftValue> values{};
    std::optional<model::TransactionId> expected{};  // version that it must have
    /// Permission codes of values, as JSON, for an interface that keeps them; readable by
    /// administrators alone. Empty: there are none; of a patch: those that there are.
    std::string_view permission_codes{};
};

struct Written {
    model::TransactionId version = 0;  // of a deletion: the transaction that deleted
    bool created = false;
};

enum class Together : std::uint8_t { kIndependent, kAllOrNothing };

/// The outcome of each draft, in their order. Of all or nothing: when any is refused, all are;
/// those that were right by themselves with kWrongState.
using WrittenAll = std::vector<Outcome<Written>>;

/// What is kept with the outcome of a request, in the same commit, so that a repetition finds it:
/// made from the outcome.
using Remember = std::function<std::vector<model::ObjectEdit>(const WrittenAll&)>;

/// A record as an identifier: without what administrators keep in it. Restricted values only where
/// `all_values`; the others are counted.
v1::Identifier shown_identifier(const model::RecordView& record, bool all_values);
/// With the values that `is_visible` allows.
v1::Identifier shown_identifier(const model::RecordView& record,
                                model::FunctionRef<bool(const handle::ValueView&)> is_visible);

/// Identifiers, by the rules of prefixes and templates. One record is what all interfaces show and
/// change: template values stand at 2000 and above, the template at 1000 and 1001. Every write is
/// one commit. May block on the disk. One for each request: it keeps prefixes and templates.
class Identifiers {
  public:
    explicit Identifiers(const Registrar& registrar) : registrar_(registrar) {}

    Outcome<Written> write(const Actor& actor, Draft draft);
    /// The drafts' values are sorted and completed. `remember` may be null.
    Outcome<WrittenAll> write(const Actor& actor, std::span<Draft> drafts, Together together,
                              const Remember& remember = {});

    /// Whether the actor may write under the handle's prefix, whatever is wrong with the handle.
    Outcome<void> may_write(const Actor& actor, std::string_view handle);

    /// Of others what they granted: public and partner items.
    Outcome<v1::Identifier> find(const Actor& actor, std::string_view handle);
    /// As it was at that time.
    Outcome<v1::Identifier> find_as_of(const Actor& actor, std::string_view handle,
                                       model::TimeMs time);
    /// Under one prefix, in key order, whose suffix begins with `suffix_beginning`. The cursor is
    /// the last handle: what is registered or deleted meanwhile neither repeats nor hides others.
    Outcome<v1::IdentifierList> list(const Actor& actor, std::string_view prefix,
                                     std::string_view suffix_beginning, std::string_view cursor,
                                     std::size_t count_max);
    /// Newest first, deletions included.
    Outcome<v1::History> history(const Actor& actor, std::string_view handle,
                                 std::string_view cursor, std::size_t count_max);

  private:
    struct Plan;
    /// Which drafts' records are read before the commit: all, or only those that must be there.
    enum class LookUp : std::uint8_t { kChanged, kAll };
    /// What an actor may read under a prefix: all of it, or what grants say.
    struct Reading {
        v1::Prefix prefix;
        std::optional<std::vector<v1::Grant>> grants{};
    };
    Outcome<Reading> reading_of(const Actor& actor, std::string_view prefix);
    /// A record as it may be read; nothing: not at all.
    std::optional<v1::Identifier> shown(const Reading& reading, const model::RecordView& record);

    Outcome<const v1::Prefix*> prefix_for(const Actor& actor, std::string_view prefix,
                                          bool for_change);
    Outcome<const v1::Template*> template_for(std::string_view prefix, std::string_view version);
    Outcome<WrittenAll> write_once(const Actor& actor, std::span<Draft> drafts, Together together,
                                   const Remember& remember, LookUp look_up);
    Outcome<Plan> plan(const Actor& actor, Draft& draft, LookUp look_up);
    Outcome<void> look_up_current(const Draft& draft, Plan& out, PastRecord& current) const;
    Outcome<const v1::Template*> form_for(const v1::Prefix& prefix, const std::string& version,
                                          const std::string& version_before);
    Outcome<void> check_coding(const v1::Prefix& prefix, const v1::Template* form,
                               std::string_view handle);
    Outcome<void> check_references(const v1::Template& form, std::span<const DraftValue> values,
                                   std::string_view handle);
    /// The values that a write leads to. `current`: what is there, if anything.
    Outcome<Bytes> new_values(const v1::Prefix& prefix, Draft& draft, const PastRecord& current,
                              bool exists);
    Outcome<void> check_retired(const model::Key& key) const;
    static std::map<std::uint64_t, Metered> metered_by_enterprise(std::span<const Plan> plans);
    Outcome<void> check_quota(const std::map<std::uint64_t, Metered>& metered) const;
    const Registrar& registrar_;
    std::map<std::string, v1::Prefix, std::less<>> changeable_;
    std::map<std::string, v1::Prefix, std::less<>> readable_;
    std::map<std::string, v1::Template, std::less<>> templates_;
    std::map<std::string, v1::CodingRule, std::less<>> coding_rules_;
};

}  // namespace idnode::registration
