#include "registry/events/receipts.h"

#include <array>
#include <chrono>
#include <string>

#include "proto/base/hex.h"
#include "registry/events/event_keys.h"
#include "registry/registration/objects.h"

namespace idnode::events {

using model::Table;
using registration::Outcome;

namespace {

// Important events of one enterprise that one reader may read in an hour without being marked.
constexpr std::uint64_t kBulkEvents = 1'000;
constexpr std::chrono::milliseconds kBulkWindow = std::chrono::hours(1);
constexpr std::size_t kNumberBytes = 8;

std::string key_at(std::uint64_t enterprise_id, model::TimeMs time) {
    std::string out = registration::number_key(enterprise_id);
    append_time(time, out);
    return out;
}

Outcome<v1::Receipt> read_receipt(BytesView octets) {
    v1::Receipt out;
    if (!registration::from_octets(octets, out)) return registration::damaged_object();
    return out;
}

}  // namespace

Outcome<void> Receipts::write(std::vector<v1::Receipt> receipts) {
    const model::TimeMs now = registrar_.clock.now();
    model::Change change{.who = receipts.front().reader(), .edits = {}};
    change.from = receipts.front().from();
    for (v1::Receipt& receipt : receipts) {
        const auto bulk = is_bulk(receipt);
        if (!bulk) return bulk.error();
        receipt.set_bulk(*bulk);
        *receipt.mutable_time() = registration::to_timestamp(now);
        // Chance keeps receipts of the same moment apart.
        std::array<std::byte, kNumberBytes> number{};
        registrar_.entropy.fill(number);
        change.objects.push_back(
            {Table::kReceipts,
             key_at(receipt.enterprise_id(), now) + std::string(as_text(BytesView(number))),
             registration::to_octets(receipt),
             {}});
    }
    const auto written = registration::commit(registrar_.store, change);
    if (!written) return written.error();
    return {};
}

Outcome<bool> Receipts::is_bulk(const v1::Receipt& receipt) const {
    if (receipt.level_max() < v1::DATA_LEVEL_IMPORTANT) return false;
    std::uint64_t count = receipt.count();
    const auto beginning = registration::number_key(receipt.enterprise_id());
    const auto cursor = registrar_.store.walk_objects(Table::kReceipts);
    const auto from = registrar_.clock.now() - kBulkWindow.count();
    auto there = cursor->seek(key_at(receipt.enterprise_id(), from));
    for (; there && *there && cursor->key().starts_with(beginning) && count <= kBulkEvents;
         there = cursor->next()) {
        const auto earlier = read_receipt(cursor->value());
        if (!earlier) return earlier.error();
        if (earlier->reader() == receipt.reader() &&
            earlier->level_max() >= v1::DATA_LEVEL_IMPORTANT) {
            count += earlier->count();
        }
    }
    if (!there) return registration::to_refusal(there.error());
    return count > kBulkEvents;
}

Outcome<v1::ReceiptList> Receipts::list(const registration::Actor& actor,
                                        std::uint64_t enterprise_id, std::string_view cursor,
                                        std::size_t count_max) {
    if (auto may = require(actor, v1::SCOPE_AUDIT); !may) return may.error();
    if (enterprise_id == 0) enterprise_id = actor.enterprise_id;
    if (!actor.reaches(enterprise_id)) {
        return registration::not_found("enterprise " + std::to_string(enterprise_id));
    }
    const std::string beginning = registration::number_key(enterprise_id);
    std::string before = registration::number_key(enterprise_id + 1);
    if (!cursor.empty()) {
        const auto octets = parse_hex(cursor);
        if (!octets) return registration::invalid("cursor", "is none that this list gave");
        before = beginning + std::string(as_text(*octets));
    }
    v1::ReceiptList out;
    const auto receipts = registrar_.store.walk_objects(Table::kReceipts);
    auto there = receipts->seek_before(before);
    for (; there && *there && receipts->key().starts_with(beginning);
         there = receipts->previous()) {
        auto receipt = read_receipt(receipts->value());
        if (!receipt) return receipt.error();
        *out.add_receipts() = *std::move(receipt);
        if (static_cast<std::size_t>(out.receipts_size()) == count_max) {
            out.set_next_cursor(to_hex(as_bytes_view(receipts->key().substr(beginning.size()))));
            break;
        }
    }
    if (!there) return registration::to_refusal(there.error());
    return out;
}

}  // namespace idnode::events
