#include "registry/registration/files.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "proto/base/hex.h"
#include "proto/base/text.h"
#include "registry/registration/objects.h"

namespace idnode::registration {

namespace {

using model::Table;

// Of one account, so that nobody fills the disk with what no application takes.
constexpr std::size_t kWaitingMax = 200;
constexpr std::size_t kPage = 1'000;
constexpr model::TimeMs kWaitingMs = 24LL * 60 * 60 * 1'000;
constexpr model::TimeMs kSweepMs = 60LL * 60 * 1'000;
constexpr std::string_view kText = "application/json";

// In the table the descriptions lie together, apart from the octets.
std::string description_key(std::uint64_t id) {
    return "d" + number_key(id);
}
std::string content_key(std::uint64_t id) {
    return "o" + number_key(id);
}

std::string purpose_of(std::uint64_t id) {
    return "file " + std::to_string(id);
}

struct Kind {
    std::string_view beginning;
    std::string_view type;
    std::string_view ending;
    std::size_t bytes_max;
};

constexpr std::array kKinds{
    Kind{"\xFF\xD8\xFF", "image/jpeg", ".jpg", kImageBytesMax},
    Kind{"\x89PNG\r\n\x1A\n", "image/png", ".png", kImageBytesMax},
    Kind{"GIF8", "image/gif", ".gif", kImageBytesMax},
    Kind{"BM", "image/bmp", ".bmp", kImageBytesMax},
    Kind{"%PDF-", "application/pdf", ".pdf", kDocumentBytesMax},
};

const Kind* kind_of(BytesView octets) {
    const std::string_view text = as_text(octets);
    const auto at = std::ranges::find_if(
        kKinds, [&](const Kind& kind) { return text.starts_with(kind.beginning); });
    return at == kKinds.end() ? nullptr : &*at;
}

/// `xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx`
std::string random_uuid(model::Entropy& entropy) {
    std::array<std::byte, 16> random{};
    entropy.fill(random);
    random[6] = (random[6] & std::byte{0x0F}) | std::byte{0x40};
    random[8] = (random[8] & std::byte{0x3F}) | std::byte{0x80};
    std::string out = to_hex(random);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, "-");
    return out;
}

Refusal unusable(std::uint64_t id, std::string_view why) {
    return {.code = Code::kInvalid,
            .message = "file " + std::to_string(id) + " " + std::string(why),
            .field = std::to_string(id),
            .remedy = "upload it, and name it once"};
}

model::ObjectEdit describe(const v1::StoredFile& file, model::TransactionId expected) {
    return put(Table::kFiles, description_key(file.id()), file, expected);
}

}  // namespace

Outcome<std::vector<model::ObjectEdit>> Files::edits_to_add(v1::StoredFile& file,
                                                            BytesView octets) const {
    const auto number = next_number(registrar_.store, "file");
    if (!number) return number.error();
    file.set_id(number->number);
    *file.mutable_created() = to_timestamp(registrar_.clock.now());
    auto sealed = registrar_.seal.close(octets, purpose_of(file.id()));
    if (!sealed) return to_refusal(sealed.error());
    std::vector<model::ObjectEdit> out;
    out.push_back(describe(file, 0));
    out.push_back({Table::kFiles, content_key(file.id()), *std::move(sealed), 0});
    out.push_back(number->edit);
    return out;
}

Outcome<v1::StoredFile> Files::add(const Actor& actor, BytesView octets) {
    if (auto may = require(actor, v1::SCOPE_ENTERPRISES_WRITE); !may) return may.error();
    const Kind* const kind = kind_of(octets);
    if (kind == nullptr) return invalid("file", "must be a JPEG, PNG, GIF or BMP image, or PDF");
    if (octets.size() > kind->bytes_max) {
        return Refusal{.code = Code::kLimit,
                       .message = "file: at most " + std::to_string(kind->bytes_max) + " octets",
                       .field = "file"};
    }
    const auto all = descriptions();
    if (!all) return all.error();
    const auto waiting = std::ranges::count_if(*all, [&](const v1::StoredFile& one) {
        return one.enterprise_id() == 0 && one.uploader() == actor.account;
    });
    if (static_cast<std::size_t>(waiting) >= kWaitingMax) {
        return Refusal{.code = Code::kTooMany,
                       .message = "file: " + std::to_string(kWaitingMax) +
                                  " uploads wait for an application already",
                       .field = "file"};
    }
    v1::StoredFile file;
    file.set_path(random_uuid(registrar_.entropy).append(kind->ending));
    file.set_content_type(std::string(kind->type));
    file.set_uploader(actor.account);
    const auto done = until_no_conflict([&]() -> Outcome<model::Committed> {
        auto edits = edits_to_add(file, octets);
        if (!edits) return edits.error();
        model::Change change = change_by(actor);
        change.objects = *std::move(edits);
        return commit(registrar_.store, change);
    });
    if (!done) return done.error();
    return file;
}

Outcome<std::vector<model::ObjectEdit>> Files::edits_to_use(std::span<const std::uint64_t> ids,
                                                            std::uint64_t enterprise_id) const {
    std::vector<std::uint64_t> sorted(ids.begin(), ids.end());
    std::ranges::sort(sorted);
    if (const auto twice = std::ranges::adjacent_find(sorted); twice != sorted.end()) {
        return unusable(*twice, "is named twice");
    }
    std::vector<model::ObjectEdit> out;
    for (const std::uint64_t id : sorted) {
        auto file = registration::find<v1::StoredFile>(registrar_.store, Table::kFiles,
                                                       description_key(id));
        if (!file) return file.error();
        if (!*file || (*file)->content_type() == kText) return unusable(id, "does not exist");
        if ((*file)->enterprise_id() != 0) return unusable(id, "was used already");
        (*file)->set_enterprise_id(enterprise_id);
        out.push_back(describe(**file, (*file)->version()));
    }
    return out;
}

Outcome<std::vector<model::ObjectEdit>> Files::edits_to_keep(std::string_view text,
                                                             std::uint64_t enterprise_id) const {
    v1::StoredFile file;
    file.set_path("personal.json");
    file.set_content_type(std::string(kText));
    file.set_enterprise_id(enterprise_id);
    return edits_to_add(file, as_bytes_view(text));
}

Outcome<Files::Content> Files::read(const Actor& actor, std::uint64_t id) const {
    if (auto may = require(actor, v1::SCOPE_REVIEW); !may) return may.error();
    auto file =
        registration::find<v1::StoredFile>(registrar_.store, Table::kFiles, description_key(id));
    if (!file) return file.error();
    const auto sealed = read_stored(registrar_.store, Table::kFiles, content_key(id));
    if (!sealed) return sealed.error();
    if (!*file || !*sealed) return not_found("file " + std::to_string(id));
    auto octets = registrar_.seal.open((*sealed)->value, purpose_of(id));
    if (!octets) return to_refusal(octets.error());
    return Content{**std::move(file), *std::move(octets)};
}

Outcome<v1::StoredFileList> Files::list(const Actor& actor, std::uint64_t enterprise_id) const {
    if (auto may = require(actor, v1::SCOPE_REVIEW); !may) return may.error();
    const auto all = descriptions();
    if (!all) return all.error();
    v1::StoredFileList out;
    for (const v1::StoredFile& file : *all) {
        if (file.enterprise_id() == enterprise_id) *out.add_files() = file;
    }
    return out;
}

Outcome<std::vector<v1::StoredFile>> Files::descriptions() const {
    std::vector<v1::StoredFile> out;
    std::string after;
    for (;;) {
        const auto some = registrar_.store.scan_objects(Table::kFiles, "d", after, kPage);
        if (!some) return to_refusal(some.error());
        for (const model::StoredObject& one : *some) {
            v1::StoredFile& file = out.emplace_back();
            if (!from_octets(one.value, file)) return damaged_object();
            file.set_version(one.version);
        }
        if (some->size() < kPage) return out;
        after = some->back().key;
    }
}

/// Of a reviewed application some days after the review; of none, or of one that is gone, a day
/// after it came.
Outcome<bool> Files::is_over(const v1::StoredFile& file) const {
    const model::TimeMs now = registrar_.clock.now();
    const auto enterprise = registration::find<v1::Enterprise>(
        registrar_.store, Table::kEnterprises, number_key(file.enterprise_id()));
    if (!enterprise) return enterprise.error();
    if (!*enterprise) return to_time(file.created()) + kWaitingMs <= now;
    const auto& reviews = (*enterprise)->reviews();
    if (reviews.empty() || (*enterprise)->state() == v1::ENTERPRISE_STATE_APPLIED) return false;
    const auto kept = std::chrono::milliseconds(registrar_.terms.personal_data).count();
    return to_time(reviews.rbegin()->time()) + kept <= now;
}

void Files::forget_old() const {
    const model::TimeMs now = registrar_.clock.now();
    std::atomic<model::TimeMs>& swept = registrar_.housekeeping.files_swept;
    model::TimeMs last = swept.load();
    if (now - last < kSweepMs || !swept.compare_exchange_strong(last, now)) return;
    const auto all = descriptions();
    if (!all) return;
    model::Change change;
    change.who = "expiry";
    for (const v1::StoredFile& file : *all) {
        const auto over = is_over(file);
        if (!over || !*over) continue;
        change.objects.push_back(drop(Table::kFiles, description_key(file.id())));
        change.objects.push_back(drop(Table::kFiles, content_key(file.id())));
    }
    if (!change.objects.empty()) (void)commit(registrar_.store, change);  // next time, then
}

}  // namespace idnode::registration
