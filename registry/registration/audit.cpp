#include "registry/registration/audit.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "proto/base/text.h"
#include "proto/idnode/v1/account.pb.h"
#include "proto/idnode/v1/coding.pb.h"
#include "proto/idnode/v1/enterprise.pb.h"
#include "proto/idnode/v1/grant.pb.h"
#include "proto/idnode/v1/prefix.pb.h"
#include "proto/idnode/v1/template.pb.h"
#include "registry/model/identifier.h"
#include "registry/registration/history.h"
#include "registry/registration/identifiers.h"
#include "registry/registration/objects.h"
#include "registry/registration/serials.h"

namespace idnode::registration {

namespace {

using model::Action;
using model::Table;

constexpr std::uint64_t kWindow = 500;             // entries read at a time
constexpr std::uint64_t kEntriesSeenMax = 20'000;  // for one answer
constexpr int kStepsMax = 200;                     // back from now to the state after an entry

std::string_view kind_of(const model::LogEntry& entry) {
    if (!model::concerns_object(entry.action)) {
        const bool homes =
            entry.action == Action::kHomePrefix || entry.action == Action::kUnhomePrefix;
        return homes ? "homing" : "identifier";
    }
    switch (entry.table) {
        case Table::kEnterprises:
            return "enterprise";
        case Table::kAccounts:
            return "account";
        case Table::kPrefixes:
            return "prefix";
        case Table::kTemplates:
            return "template";
        case Table::kTokens:
            return "token";
        case Table::kCodingRules:
            return "codingRule";
        case Table::kGrants:
            return "grant";
        default:
            return "serialRange";
    }
}

std::string_view name_of_action(const model::LogEntry& entry) {
    switch (entry.action) {
        case Action::kCreate:
            return "create";
        case Action::kUpdate:
            return "update";
        case Action::kPutObject:
            return entry.before_version == 0 ? "create" : "update";
        case Action::kHomePrefix:
            return "home";
        case Action::kUnhomePrefix:
            return "unhome";
        default:
            return "delete";
    }
}

/// What was or is under a key: octets of a message, or a record.
struct State {
    std::optional<Bytes> object;
    std::optional<PastRecord> record;
};

State before_of(const model::RecordStore& store, const model::LogEntry& entry) {
    State out;
    if (model::concerns_object(entry.action)) {
        if (entry.before_version != 0) out.object = entry.before;
        return out;
    }
    const auto record = store.before_image(entry);
    if (record && *record) out.record = to_past(**record);
    return out;
}

/// The same for objects of all kinds: parsed, without secrets.
struct Described {
    std::string shown;
    std::string name;
    std::uint64_t enterprise_id = 0;
    std::string prefix;   // of what belongs to a prefix
    std::string account;  // of a token
};

class Describer {
  public:
    explicit Describer(const Audit::Show& show) : show_(show) {}

    Described object(Table table, std::string_view key, BytesView octets) const {
        Described out;
        switch (table) {
            case Table::kEnterprises: {
                auto message = parse<v1::Enterprise>(octets);
                message.mutable_profile()->clear_attachments();
                out.enterprise_id = message.id();
                out.name = std::to_string(message.id());
                out.shown = show_(message);
                break;
            }
            case Table::kAccounts: {
                auto message = parse<v1::Account>(octets);
                message.clear_password_hash();
                message.clear_sealed_login_secret();
                out.enterprise_id = message.enterprise_id();
                out.name = message.name();
                out.shown = show_(message);
                break;
            }
            case Table::kPrefixes: {
                const auto message = parse<v1::Prefix>(octets);
                out.enterprise_id = message.enterprise_id();
                out.name = message.prefix();
                out.shown = show_(message);
                break;
            }
            case Table::kTemplates: {
                const auto message = parse<v1::Template>(octets);
                out.prefix = message.prefix();
                out.name = message.prefix() + " " + message.version_name();
                out.shown = show_(message);
                break;
            }
            case Table::kTokens: {
                const auto message = parse<v1::Token>(octets);
                out.account = message.account();
                out.name = message.account() + " " + std::to_string(message.id());
                out.shown = show_(message);
                break;
            }
            case Table::kCodingRules: {
                const auto message = parse<v1::CodingRule>(octets);
                out.prefix = message.prefix();
                out.name = message.prefix() + " " + message.name();
                out.shown = show_(message);
                break;
            }
            case Table::kGrants: {
                const auto message = parse<v1::Grant>(octets);
                out.enterprise_id = message.enterprise_id();
                out.name = std::to_string(message.id());
                out.shown = show_(message);
                break;
            }
            default:
                return serials(key, octets);
        }
        return out;
    }

    std::string record(const PastRecord& record) const {
        return show_(shown_identifier(record.view(), true));
    }

  private:
    /// A series of serial numbers, or a lease of some.
    Described serials(std::string_view key, BytesView octets) const {
        Described out;
        const auto parts = split_serial_key(key);
        out.prefix = parts.prefix;
        out.name = out.prefix + " " + std::string(parts.rule);
        if (parts.is_lease) {
            const auto lease = parse<v1::SerialLease>(octets);
            out.name += " " + std::to_string(lease.first());
            out.shown = show_(lease);
        } else {
            out.shown = show_(parse<v1::SerialSeries>(octets));
        }
        return out;
    }

    template <class Message>
    static Message parse(BytesView octets) {
        Message out;
        from_octets(octets, out);
        return out;
    }

    const Audit::Show& show_;
};

/// The states after entries that are met newest first: what was before the next newer one, or what
/// is there now.
class LaterStates {
  public:
    explicit LaterStates(const model::RecordStore& store) : store_(store) {}

    State after(const model::LogEntry& entry) {
        const Key key{static_cast<int>(model::concerns_object(entry.action)),
                      static_cast<int>(entry.table), entry.key};
        State before = before_of(store_, entry);
        const auto at = known_.find(key);
        State out = at == known_.end() ? from_now(entry) : std::move(at->second);
        known_.insert_or_assign(key, std::move(before));
        return out;
    }

  private:
    using Key = std::tuple<int, int, std::string>;

    /// Back from the current state.
    State from_now(const model::LogEntry& entry) const {
        return model::concerns_object(entry.action) ? object_from_now(entry)
                                                    : record_from_now(entry);
    }

    State object_from_now(const model::LogEntry& entry) const {
        State out;
        const auto now = store_.read_object(entry.table, entry.key);
        if (entry.action == Action::kRemoveObject || !now || !*now) return out;
        model::TransactionId version = (*now)->version;
        out.object = std::move((*now)->value);
        for (int steps = 0; version != entry.id; ++steps) {
            const auto later = version > entry.id ? store_.read_log(0, version - 1, 1)
                                                  : Result<std::vector<model::LogEntry>>();
            if (steps == kStepsMax || !later || later->empty()) return {};
            version = later->front().before_version;
            out.object = later->front().before;
        }
        return out;
    }

    State record_from_now(const model::LogEntry& entry) const {
        HistoryWalk walk(store_, entry.key);
        for (int steps = 0; steps < kStepsMax; ++steps) {
            auto step = walk.next();
            if (!step || !*step || (*step)->entry.id < entry.id) return {};
            if ((*step)->entry.id == entry.id) return {.object = {}, .record = (*step)->after};
        }
        return {};
    }

    const model::RecordStore& store_;
    std::map<Key, State> known_;
};

/// Whom an entry concerns, for actors that do not reach everything.
class Reach {
  public:
    Reach(const model::RecordStore& store, const Actor& actor) : store_(store), actor_(actor) {}

    bool prefix(std::string_view prefix) {
        if (actor_.enterprise_id == 0) return true;
        const std::string name = fold_ascii(prefix);
        const auto at = prefixes_.find(name);
        if (at != prefixes_.end()) return at->second;
        const auto found = find<v1::Prefix>(store_, Table::kPrefixes, name);
        const bool own = found && *found && actor_.reaches((*found)->enterprise_id());
        return prefixes_.emplace(name, own).first->second;
    }
    bool object(const Described& described) {
        if (actor_.enterprise_id == 0) return true;
        if (described.enterprise_id != 0) return actor_.reaches(described.enterprise_id);
        if (!described.prefix.empty()) return prefix(described.prefix);
        if (described.account.empty()) return false;
        const auto account = find<v1::Account>(store_, Table::kAccounts, described.account);
        return account && *account && (*account)->enterprise_id() != 0 &&
               actor_.reaches((*account)->enterprise_id());
    }

  private:
    const model::RecordStore& store_;
    const Actor& actor_;
    std::map<std::string, bool> prefixes_;
};

bool is_named(std::string_view name, std::string_view wanted) {
    if (wanted.empty()) return true;
    if (!wanted.ends_with('*')) return equal_folded(name, wanted);
    wanted.remove_suffix(1);
    return starts_with_folded(name, wanted);
}

}  // namespace

Outcome<v1::AuditTrail> Audit::trail(const Actor& actor, const Question& question,
                                     std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_AUDIT); !may) return may.error();
    const auto counts = registrar_.store.counts();
    if (!counts) return to_refusal(counts.error());
    model::TransactionId end = counts->log_end.front() + 1;  // entries before it are looked at
    if (!question.cursor.empty() && (!read_cursor(question.cursor, end) || end == 0)) {
        return invalid("cursor", "is none that this list gave");
    }
    v1::AuditTrail out;
    LaterStates later(registrar_.store);
    Reach reach(registrar_.store, actor);
    const Describer describer(show_);
    const auto last_wanted = end > kEntriesSeenMax ? end - kEntriesSeenMax : 1;
    while (end > last_wanted) {
        const model::TransactionId begin = end > kWindow ? end - kWindow : 1;
        auto entries = registrar_.store.read_log(0, begin - 1, end - begin);
        if (!entries) return to_refusal(entries.error());
        for (auto at = entries->rbegin(); at != entries->rend(); ++at) {
            const model::LogEntry& entry = *at;
            if (entry.time < question.since) return out;
            end = entry.id;
            const State after = later.after(entry);
            if (question.until != 0 && entry.time > question.until) continue;
            if (!question.who.empty() && entry.who != question.who) continue;
            if (!question.kind.empty() && kind_of(entry) != question.kind) continue;
            v1::AuditEntry shown;
            const State before = before_of(registrar_.store, entry);
            if (model::concerns_object(entry.action)) {
                Described described;
                if (before.object) {
                    described = describer.object(entry.table, entry.key, *before.object);
                    shown.set_before(described.shown);
                }
                if (after.object) {
                    described = describer.object(entry.table, entry.key, *after.object);
                    shown.set_after(described.shown);
                }
                if (!reach.object(described) || !is_named(described.name, question.name)) continue;
                shown.set_name(described.name);
            } else {
                const std::string_view prefix = model::is_prefix_handle(entry.handle)
                                                    ? model::split_handle(entry.handle).suffix
                                                    : model::split_handle(entry.handle).prefix;
                if (!is_named(entry.handle, question.name) || !reach.prefix(prefix)) continue;
                if (before.record) shown.set_before(describer.record(*before.record));
                if (after.record) shown.set_after(describer.record(*after.record));
                if (is_utf8(entry.handle)) shown.set_name(entry.handle);
            }
            shown.set_transaction(entry.id);
            *shown.mutable_time() = to_timestamp(entry.time);
            shown.set_who(entry.who);
            shown.set_from(entry.from);
            shown.set_action(std::string(name_of_action(entry)));
            shown.set_kind(std::string(kind_of(entry)));
            *out.add_entries() = std::move(shown);
            if (static_cast<std::size_t>(out.entries_size()) == count_max) {
                if (entry.id > 1) out.set_next_cursor(std::to_string(entry.id));
                return out;
            }
        }
        end = begin;
    }
    if (end > 1) out.set_next_cursor(std::to_string(end));
    return out;
}

}  // namespace idnode::registration
