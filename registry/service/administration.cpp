#include "registry/service/administration.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/limits.h"
#include "proto/base/text.h"
#include "registry/service/delegation.h"
#include "registry/service/rights.h"

namespace idnode::service {

namespace {

namespace bits = handle::admin_permission;
using handle::ResponseCode;
using handle::ValueView;
using Views = std::vector<ValueView>;

constexpr std::string_view kPrefixHandleStart = "0.NA/";
constexpr std::string_view kMarkerStart = "0.NA/0.NA/";
constexpr std::string_view kAllPrefixHandles = "0.NA/0.NA";
// A change is tried again when somebody else changed the record between reading and writing.
constexpr int kAttemptsMax = 16;

Verdict refuse(ResponseCode code, std::string text = {}) {
    return {.code = code, .text = std::move(text)};
}

/// A refusal that only somebody who proved who they are is told.
Verdict refuse_identified(Requester& requester, ResponseCode code) {
    const ResponseCode identified = Authority::identify(requester);
    return refuse(identified == ResponseCode::kSuccess ? code : identified);
}

/// The values of a section, which was walked before, by ascending index.
Views sorted_views(BytesView values) {
    Views out;
    ByteReader in(values);
    handle::ValuesReader reader(in);
    while (const auto value = reader.next()) out.push_back(*value);
    std::ranges::sort(out, {}, &ValueView::index);
    return out;
}

bool has_bad_index(const Views& values) {
    return !values.empty() && values.front().index <= 0;
}

bool has_duplicate(const Views& values) {
    return std::ranges::adjacent_find(values, {}, &ValueView::index) != values.end();
}

const ValueView* find_index(const Views& values, std::int32_t index) {
    const auto at = std::ranges::lower_bound(values, index, {}, &ValueView::index);
    return at != values.end() && at->index == index ? &*at : nullptr;
}

/// A `VALUES` section of these, which ascend by index.
Bytes encode(const Views& values) {
    Bytes out;
    ByteWriter writer(out);
    writer.u32(static_cast<std::uint32_t>(values.size()));
    for (const ValueView& value : values) writer.raw(value.octets);
    return out;
}

/// `changed` in place of those of `values` with the same index, or beside them.
Views merged(const Views& values, const Views& changed) {
    Views out = changed;
    for (const ValueView& value : values) {
        if (find_index(changed, value.index) == nullptr) out.push_back(value);
    }
    std::ranges::sort(out, {}, &ValueView::index);
    return out;
}

bool is_storable_name(std::string_view handle) {
    const auto is_control = [](char octet) {
        const auto value = static_cast<unsigned char>(octet);
        return value < 0x20 || value == 0x7F;
    };
    return handle.size() <= limits::kHandleBytesMax && is_utf8(handle) &&
           std::ranges::none_of(handle, is_control);
}

std::vector<handle::Value> owned(const Views& values) {
    std::vector<handle::Value> out;
    out.reserve(values.size());
    for (const ValueView& value : values) out.push_back(handle::to_value(value));
    return out;
}

/// A random UUID (version 4) in lower case.
std::string random_uuid(model::Entropy& entropy) {
    std::array<std::byte, 16> octets{};
    entropy.fill(octets);
    octets[6] = (octets[6] & std::byte{0x0F}) | std::byte{0x40};
    octets[8] = (octets[8] & std::byte{0x3F}) | std::byte{0x80};
    std::string out = to_hex(octets);
    for (const std::size_t at : {8UZ, 13UZ, 18UZ, 23UZ}) out.insert(at, 1, '-');
    return out;
}

/// `0.NA/88.100` for `88.100` and for itself; nothing for what is not the name of a prefix.
std::optional<std::string> to_prefix_handle(std::string_view text) {
    if (model::is_prefix_handle(text)) return fold_ascii(text);
    if (model::split_handle(text).has_slash) return std::nullopt;
    return model::prefix_handle_of(text);
}

/// What a change of values answers when the store would not take it.
Verdict refused_by_store(const Error& error) {
    switch (error.code) {
        case Errc::kInvalid:
        case Errc::kLimit:
            return refuse(ResponseCode::kInvalidValue, error.detail);
        default:
            return refuse(ResponseCode::kError, "the change could not be stored");
    }
}

/// The handles of the records that a cursor walks.
class RecordNames final : public NameList {
  public:
    RecordNames(std::unique_ptr<model::RecordCursor> records, model::SuffixCase suffix_case)
        : records_(std::move(records)), suffix_case_(suffix_case) {}
    Result<std::optional<std::string>> next() override {
        const auto record = records_->next();
        if (!record) return record.error();
        if (!*record) return std::optional<std::string>();
        return std::optional(
            std::string(model::key_text(model::key_of((*record)->handle, suffix_case_))));
    }

  private:
    std::unique_ptr<model::RecordCursor> records_;
    model::SuffixCase suffix_case_;
};

/// The prefix handles and markers that are homed.
class PrefixNames final : public NameList {
  public:
    explicit PrefixNames(std::shared_ptr<const model::PrefixTable> table)
        : table_(std::move(table)) {
        for (const auto& [name, suffix_case] : *table_) names_.push_back(name);
        std::ranges::sort(names_);
    }
    Result<std::optional<std::string>> next() override {
        if (at_ == names_.size()) return std::optional<std::string>();
        return std::optional(std::string(names_[at_++]));
    }

  private:
    std::shared_ptr<const model::PrefixTable> table_;
    std::vector<std::string_view> names_;
    std::size_t at_ = 0;
};

Verdict hand_out(Listed listed, const Administration::Take& take) {
    while (listed.names) {
        const auto name = listed.names->next();
        if (!name) return refuse(ResponseCode::kError, "storage failed");
        if (!*name || !take(**name)) break;
    }
    return std::move(listed.verdict);
}

}  // namespace

/// A record that an operation is about, as it was read.
struct Administration::Target {
    std::string handle;
    model::SuffixCase suffix_case = model::SuffixCase::kFold;
    bool exists = false;
    model::TransactionId version = 0;
    Bytes stored;           // its `VALUES` section
    Views values{};         // views into `stored`
    bool conflict = false;  // somebody else changed it before our commit
};

Administration::Administration(model::RecordStore& store, Directory& directory,
                               Authority& authority, model::Entropy& entropy, Settings settings)
    : store_(store),
      directory_(directory),
      authority_(authority),
      entropy_(entropy),
      settings_(std::move(settings)),
      responsibility_(store, settings_.own_prefix) {}

template <class Attempt>
Verdict Administration::until_no_conflict(Attempt&& attempt) {
    for (int i = 0; i < kAttemptsMax; ++i) {
        Target target;
        Verdict verdict = attempt(target);
        if (!target.conflict) return verdict;
    }
    return refuse(ResponseCode::kServerBusy, "others keep changing this record");
}

std::optional<Verdict> Administration::check_responsible(Target& target, bool refer) {
    const auto suffix_case = responsibility_.of(target.handle);
    if (!suffix_case) {
        return refuse(ResponseCode::kServerNotResponsible, "prefix is not homed on this server");
    }
    target.suffix_case = *suffix_case;
    if (auto failed = read(target)) return failed;
    if (target.exists || !refer || !model::is_prefix_handle(target.handle)) return std::nullopt;

    Verdict referral = refuse(ResponseCode::kPrefixReferral);
    ByteWriter out(referral.referral);
    model::Key key;
    const auto found = write_delegation(store_, model::split_handle(target.handle).suffix,
                                        model::ReadTier::kAny, key, out);
    if (!found) return refuse(ResponseCode::kError, "storage failed");
    if (*found != model::Lookup::kFound) return std::nullopt;
    return referral;
}

std::optional<Verdict> Administration::read(Target& target) {
    const auto found =
        store_.read(model::key_of(target.handle, target.suffix_case), model::ReadTier::kAny,
                    [&](const model::RecordView& record) {
                        target.exists = true;
                        target.version = record.version;
                        target.stored.assign(record.values.begin(), record.values.end());
                    });
    if (!found) return refuse(ResponseCode::kError, "storage failed");
    target.values = sorted_views(target.stored);
    return std::nullopt;
}

Verdict Administration::permit(Requester& requester, std::span<const handle::Value> record,
                               std::uint16_t needed) {
    return refuse(authority_.permit(requester, record, needed));
}

Verdict Administration::permit_reading(std::span<const handle::Value> record,
                                       Requester& requester) {
    return permit(requester, record, bits::kReadValue);
}

Verdict Administration::permit_server(Requester& requester) {
    return refuse(authority_.permit_server(requester));
}

Verdict Administration::permit_mirror(Requester& requester) {
    return refuse(authority_.permit_mirror(requester));
}

/// Creation is authorised by the prefix handle, that of a derived prefix by its parent (§1.4,
/// §5.5).
Verdict Administration::permit_creation(const Target& target, Requester& requester) {
    if (requester.claimed() == nullptr) return refuse(ResponseCode::kAuthenticationNeeded);
    const model::HandleParts parts = model::split_handle(target.handle);
    const bool is_prefix = !parts.has_slash || model::is_prefix_handle(target.handle);
    const auto parent = is_prefix
                            ? model::parent_prefix(parts.has_slash ? parts.suffix : parts.prefix)
                            : std::nullopt;
    const std::string above = parent      ? model::prefix_handle_of(*parent)
                              : is_prefix ? std::string(kAllPrefixHandles)
                                          : model::prefix_handle_of(parts.prefix);
    const auto values = directory_.values(above);
    return permit(requester, values ? *values : std::vector<handle::Value>{},
                  parent ? bits::kAddDerivedPrefix : bits::kAddHandle);
}

Verdict Administration::commit(Target& target, model::Edit::Kind kind, Bytes values,
                               Requester& requester) {
    if (condition_ && !condition_(target.exists ? std::optional(target.version) : std::nullopt)) {
        Verdict stopped = refuse(ResponseCode::kError, "the record is not in the expected state");
        stopped.condition_failed = true;
        return stopped;
    }
    model::Edit edit;
    edit.kind = kind;
    edit.handle = target.handle;
    edit.suffix_case = target.suffix_case;
    edit.values = std::move(values);
    edit.expected_version = target.version;
    const Identity* who = requester.claimed();
    const auto committed = store_.commit(
        {.who = who ? to_text(*who) : "anonymous", .edits = {std::move(edit)}, .from = from_});
    if (committed) return {.transaction = committed->last};
    target.conflict = committed.error().code == Errc::kConflict;
    return refused_by_store(committed.error());
}

Verdict Administration::put(Target& target, Bytes values, Requester& requester) {
    return commit(target, model::Edit::Kind::kPut, std::move(values), requester);
}

Verdict Administration::create(std::string_view handle, BytesView values, CreateOptions options,
                               Requester& requester) {
    std::string name(handle);
    if (options.mint_suffix) name += random_uuid(entropy_);
    return until_no_conflict([&](Target& target) {
        target.handle = name;
        Verdict verdict = create_once(target, values, options, requester);
        verdict.handle = name;
        return verdict;
    });
}

Verdict Administration::create_once(Target& target, BytesView values, CreateOptions options,
                                    Requester& requester) {
    if (auto refused = check_responsible(target, options.refer)) return *std::move(refused);
    if (!is_storable_name(target.handle)) return refuse(ResponseCode::kInvalidHandle);
    const Views wanted = sorted_views(values);
    if (has_bad_index(wanted))
        return refuse(ResponseCode::kInvalidValue, "an index is not positive");
    if (has_duplicate(wanted))
        return refuse(ResponseCode::kValueAlreadyExists, "an index comes twice");
    if (target.exists && !options.overwrite) return refuse(ResponseCode::kHandleAlreadyExists);

    Verdict permitted = target.exists ? permit_overwrite(target, wanted, requester)
                                      : permit_creation(target, requester);
    if (permitted.code != ResponseCode::kSuccess) return permitted;
    Verdict verdict = put(target, encode(wanted), requester);
    verdict.replaced = target.exists;
    return verdict;
}

/// §4.5 step 8: the rights for the exact differences; else those of an administrator of
/// administrators; else those of deleting and creating.
Verdict Administration::permit_overwrite(const Target& target,
                                         std::span<const ValueView> new_values,
                                         Requester& requester) {
    if (requester.claimed() == nullptr) return refuse(ResponseCode::kAuthenticationNeeded);
    const std::uint16_t differences = rights_to_overwrite(target.values, new_values);
    if (differences == 0) return refuse(Authority::identify(requester));

    const std::vector<handle::Value> record = owned(target.values);
    Verdict verdict = refuse(ResponseCode::kInvalidAdmin);
    if ((differences & bits::kAddAdmin) == 0) verdict = permit(requester, record, differences);
    if (verdict.code == ResponseCode::kInvalidAdmin)
        verdict = permit(requester, record, bits::kAddAdmin);
    if (verdict.code != ResponseCode::kInvalidAdmin) return verdict;
    verdict = permit(requester, record, bits::kDeleteHandle);
    return verdict.code == ResponseCode::kSuccess ? permit_creation(target, requester) : verdict;
}

Verdict Administration::delete_handle(std::string_view handle, Requester& requester) {
    return until_no_conflict([&](Target& target) -> Verdict {
        target.handle = handle;
        // Stray records of prefixes that are not homed any more can be removed (§4.6).
        target.suffix_case = responsibility_.of(handle).value_or(model::SuffixCase::kFold);
        if (auto failed = read(target)) return *std::move(failed);
        if (!target.exists) return refuse_identified(requester, ResponseCode::kHandleNotFound);
        Verdict permitted = permit(requester, owned(target.values), bits::kDeleteHandle);
        if (permitted.code != ResponseCode::kSuccess) return permitted;
        return commit(target, model::Edit::Kind::kErase, {}, requester);
    });
}

Verdict Administration::add_values(std::string_view handle, BytesView values, bool overwrite,
                                   bool refer, Requester& requester) {
    const Views added = sorted_views(values);
    return until_no_conflict([&](Target& target) -> Verdict {
        target.handle = handle;
        if (auto refused = check_responsible(target, refer)) return *std::move(refused);
        if (added.empty()) return refuse(ResponseCode::kInvalidValue, "no values to add");
        if (has_bad_index(added))
            return refuse(ResponseCode::kInvalidValue, "an index is not positive");
        if (has_duplicate(added))
            return refuse(ResponseCode::kValueAlreadyExists, "an index comes twice");
        if (requester.claimed() == nullptr) return refuse(ResponseCode::kAuthenticationNeeded);
        if (!target.exists) return refuse_identified(requester, ResponseCode::kHandleNotFound);
        unsigned needed = 0;
        bool replaces = false;
        for (const ValueView& value : added) {
            const ValueView* old = find_index(target.values, value.index);
            if (old == nullptr) {
                needed |= rights_to_add(value);
                continue;
            }
            replaces = true;
            if (!overwrite) return refuse(ResponseCode::kValueAlreadyExists);
            if ((old->permissions & handle::permission::kAdminWrite) == 0) {
                return refuse(ResponseCode::kInsufficientPermissions);
            }
            if (!same_but_time(*old, value)) needed |= rights_to_modify(*old, value);
        }
        Verdict permitted = needed == 0 ? refuse(Authority::identify(requester))
                                        : permit(requester, owned(target.values),
                                                 static_cast<std::uint16_t>(needed));
        if (permitted.code != ResponseCode::kSuccess) return permitted;
        Verdict verdict = put(target, encode(merged(target.values, added)), requester);
        verdict.replaced = replaces;
        return verdict;
    });
}

Verdict Administration::modify_values(std::string_view handle, BytesView values, bool refer,
                                      Requester& requester) {
    const Views changed = sorted_views(values);
    return until_no_conflict([&](Target& target) -> Verdict {
        target.handle = handle;
        if (auto refused = check_responsible(target, refer)) return *std::move(refused);
        if (changed.empty()) return refuse(ResponseCode::kInvalidValue, "no values to modify");
        if (!target.exists) return refuse(ResponseCode::kHandleNotFound);
        if (has_duplicate(changed))
            return refuse(ResponseCode::kInvalidValue, "an index comes twice");
        unsigned needed = 0;
        for (const ValueView& value : changed) {
            const ValueView* old = find_index(target.values, value.index);
            if (old == nullptr) return refuse(ResponseCode::kValuesNotFound);
            if ((old->permissions & handle::permission::kAdminWrite) == 0) {
                return refuse(ResponseCode::kInsufficientPermissions);
            }
            needed |= rights_to_modify(*old, value);
        }
        if (needed != 0) {
            Verdict permitted =
                permit(requester, owned(target.values), static_cast<std::uint16_t>(needed));
            if (permitted.code != ResponseCode::kSuccess) return permitted;
        }
        return put(target, encode(merged(target.values, changed)), requester);
    });
}

Verdict Administration::remove_values(std::string_view handle,
                                      std::span<const std::int32_t> indexes, bool refer,
                                      Requester& requester) {
    return until_no_conflict([&](Target& target) -> Verdict {
        target.handle = handle;
        if (auto refused = check_responsible(target, refer)) return *std::move(refused);
        const ResponseCode identified = Authority::identify(requester);
        if (identified == ResponseCode::kAuthenticationNeeded) return refuse(identified);
        if (!target.exists || indexes.empty()) {
            if (identified != ResponseCode::kSuccess) return refuse(identified);
            return refuse(target.exists ? ResponseCode::kSuccess : ResponseCode::kHandleNotFound);
        }
        unsigned needed = 0;
        for (const std::int32_t index : indexes) {
            const ValueView* old = find_index(target.values, index);
            if (old == nullptr) {
                return refuse(identified == ResponseCode::kSuccess ? ResponseCode::kValuesNotFound
                                                                   : identified);
            }
            needed |= rights_to_remove(*old);
        }
        Verdict permitted =
            permit(requester, owned(target.values), static_cast<std::uint16_t>(needed));
        if (permitted.code != ResponseCode::kSuccess) return permitted;
        Views left;
        for (const ValueView& value : target.values) {
            if (std::ranges::find(indexes, value.index) == indexes.end()) left.push_back(value);
        }
        return put(target, encode(left), requester);
    });
}

Verdict Administration::home(std::string_view prefix, Requester& requester) {
    return change_homing(model::Edit::Kind::kHome, prefix, requester);
}

Verdict Administration::unhome(std::string_view prefix, Requester& requester) {
    return change_homing(model::Edit::Kind::kUnhome, prefix, requester);
}

/// Idempotent: homing what is homed and unhoming what is not change nothing and succeed (§4.8).
Verdict Administration::change_homing(model::Edit::Kind kind, std::string_view prefix,
                                      Requester& requester) {
    const auto prefix_handle = to_prefix_handle(prefix);
    if (!prefix_handle || !is_storable_name(*prefix_handle)) {
        return refuse(ResponseCode::kInvalidHandle, "not the handle of a prefix");
    }
    Verdict permitted = permit_server(requester);
    if (permitted.code != ResponseCode::kSuccess) return permitted;
    if (kind == model::Edit::Kind::kHome && responsibility_.is_homed(*prefix_handle)) return {};

    model::Edit edit;
    edit.kind = kind;
    edit.handle = *prefix_handle;
    edit.suffix_case = settings_.suffix_case;
    const auto committed = store_.commit(
        {.who = to_text(*requester.claimed()), .edits = {std::move(edit)}, .from = from_});
    return committed ? Verdict{.transaction = committed->last}
                     : refused_by_store(committed.error());
}

Listed Administration::list_handles(std::string_view prefix_handle, Requester& requester) {
    if (!settings_.list_handles) return {refuse(ResponseCode::kOperationNotSupported)};
    const auto name = to_prefix_handle(prefix_handle);
    const std::string_view under = name ? std::string_view(*name) : prefix_handle;
    const bool is_marker = starts_with_folded(under, kMarkerStart);
    const bool is_homed = responsibility_.is_homed(under) ||
                          (is_marker && responsibility_.is_homed(kAllPrefixHandles));
    if (!name || !is_homed) {
        return {refuse(ResponseCode::kServerNotResponsible, "prefix is not homed on this server")};
    }
    const std::string_view prefix =
        std::string_view(*name).substr(is_marker ? kMarkerStart.size() : kPrefixHandleStart.size());
    if (requester.claimed() == nullptr) return {refuse(ResponseCode::kAuthenticationNeeded)};
    const auto record = directory_.values(model::prefix_handle_of(prefix));
    Verdict permitted =
        permit(requester, record ? *record : std::vector<handle::Value>{}, bits::kListHandles);
    if (permitted.code != ResponseCode::kSuccess) return {std::move(permitted)};

    const std::string beginning = is_marker
                                      ? std::string(kPrefixHandleStart) + std::string(prefix) + "."
                                      : std::string(prefix) + "/";
    const auto suffix_case = responsibility_.of(beginning).value_or(model::SuffixCase::kFold);
    return {std::move(permitted),
            std::make_unique<RecordNames>(store_.scan(model::key_of(beginning, suffix_case)),
                                          suffix_case)};
}

Listed Administration::list_homed_prefixes(Requester& requester) {
    Verdict permitted = permit_server(requester);
    if (permitted.code != ResponseCode::kSuccess) return {std::move(permitted)};
    return {std::move(permitted), std::make_unique<PrefixNames>(store_.prefixes().current())};
}

Verdict Administration::list_handles(std::string_view prefix_handle, Requester& requester,
                                     const Take& take) {
    return hand_out(list_handles(prefix_handle, requester), take);
}

Verdict Administration::list_homed_prefixes(Requester& requester, const Take& take) {
    return hand_out(list_homed_prefixes(requester), take);
}

}  // namespace idnode::service
