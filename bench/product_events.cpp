#include "bench/product_events.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace idnode::bench {

namespace {

// So many products live at the same time: their events come in turns.
constexpr std::uint64_t kProductsAtOnce = 1'000;
constexpr std::uint64_t kPartsOfPart = 10;
constexpr std::uint64_t kSecondsOfDay = 86'400;

struct Step {
    std::string_view biz_step;
    std::string_view disposition;
};
constexpr std::array<Step, 7> kSteps{{{"inspecting", "conformant"},
                                      {"storing", "in_progress"},
                                      {"shipping", "in_transit"},
                                      {"arriving", "in_progress"},
                                      {"receiving", "in_progress"},
                                      {"installing", "active"},
                                      {"sensor_reporting", "active"}}};

/// From 2020 on; every month has 28 days here.
std::string time_of(std::uint64_t second) {
    const std::uint64_t day = second / kSecondsOfDay;
    const std::uint64_t rest = second % kSecondsOfDay;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", 2020 + day / 336 % 5,
                       day / 28 % 12 + 1, day % 28 + 1, rest / 3600, rest / 60 % 60, rest % 60);
}

}  // namespace

ProductEvents::ProductEvents(Set set, std::string_view prefix, std::string_view series)
    : set_(set), beginning_(fmt::format("hdl:{}/{}-", prefix, series)) {}

std::uint64_t ProductEvents::count() const {
    switch (set_) {
        case Set::kTree:
            return kTreeEvents;
        case Set::kLot:
            return kLotEvents;
        default:
            return UINT64_MAX;
    }
}

std::string ProductEvents::name(char kind, std::uint64_t number) const {
    return fmt::format("{}{}{:08}", beginning_, kind, number);
}

std::string ProductEvents::product(std::uint64_t number) const {
    return name('P', number);
}

std::string ProductEvents::root() const {
    return name('T', 0);
}

std::string ProductEvents::lot() const {
    return beginning_ + "LOT";
}

void ProductEvents::append(std::uint64_t number, std::string& out) const {
    switch (set_) {
        case Set::kLives:
            return append_life(number, out);
        case Set::kTree:
            return append_tree(number, out);
        case Set::kLot:
            return append_lot(number, out);
    }
}

void ProductEvents::append_life(std::uint64_t number, std::string& out) const {
    const std::uint64_t block = number / (kProductsAtOnce * kEventsOfLife);
    const std::uint64_t in_block = number % (kProductsAtOnce * kEventsOfLife);
    const std::uint64_t product = block * kProductsAtOnce + in_block % kProductsAtOnce;
    const std::uint64_t age = in_block / kProductsAtOnce;
    const bool is_first = age == 0;
    const Step& step = kSteps[age % kSteps.size()];
    fmt::format_to(
        std::back_inserter(out),
        R"({{"type":"ObjectEvent","eventTime":"{}","eventTimeZoneOffset":"+08:00",)"
        R"("epcList":["{}"],"action":"{}","bizStep":"{}","disposition":"{}",)"
        R"("readPoint":{{"id":"{}GATE-{}"}},"bizLocation":{{"id":"{}SITE-{}"}},)"
        R"("bizTransactionList":[{{"type":"po","bizTransaction":"urn:example:po:{}"}}]}})",
        time_of(product * 600 + age * kSecondsOfDay), name('P', product),
        is_first ? "ADD" : "OBSERVE", is_first ? "commissioning" : step.biz_step,
        is_first ? "active" : step.disposition, beginning_, (product + age) % 500, beginning_,
        (product + age) % 100, product / 20);
}

void ProductEvents::append_tree(std::uint64_t number, std::string& out) const {
    auto to = std::back_inserter(out);
    fmt::format_to(to,
                   R"({{"type":"AssociationEvent","eventTime":"{}","eventTimeZoneOffset":"+08:00",)"
                   R"("action":"ADD","bizStep":"assembling","parentID":"{}","childEPCs":[)",
                   time_of(kTreeEvents - number), name('T', number));
    for (std::uint64_t part = 0; part < kPartsOfPart; ++part) {
        fmt::format_to(to, R"({}"{}")", part == 0 ? "" : ",",
                       name('T', number * kPartsOfPart + part + 1));
    }
    out += "]}";
}

void ProductEvents::append_lot(std::uint64_t number, std::string& out) const {
    auto to = std::back_inserter(out);
    fmt::format_to(
        to,
        R"({{"type":"TransformationEvent","eventTime":"{}","eventTimeZoneOffset":"+08:00",)"
        R"("bizStep":"commissioning","inputEPCList":["{}"],"outputEPCList":[)",
        time_of(number), lot());
    for (std::uint64_t one = 0; one < kSerialsOfEvent; ++one) {
        fmt::format_to(to, R"({}"{}")", one == 0 ? "" : ",",
                       name('S', number * kSerialsOfEvent + one));
    }
    out += "]}";
}

}  // namespace idnode::bench
