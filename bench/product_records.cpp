#include "bench/product_records.h"

#include <fmt/format.h>

#include <iterator>

namespace idnode::bench {

ProductRecords::ProductRecords(std::string_view prefix, std::string_view series,
                               std::string_view template_version)
    : beginning_(fmt::format("{}/{}-", prefix, series)), template_version_(template_version) {}

void ProductRecords::append_handle(std::uint64_t number, std::string& out) const {
    fmt::format_to(std::back_inserter(out), "{}{:09}", beginning_, number);
}

void ProductRecords::append(std::uint64_t number, std::string& out) const {
    fmt::format_to(std::back_inserter(out),
                   R"({{"handle":"{0}{1:09}","templateVersion":"{2}","values":[)"
                   R"({{"type":"serial","value":"SN-{1:012}"}},)"
                   R"({{"type":"madeOn","value":"2026-06-02"}},)"
                   R"({{"type":"page","value":"https://products.example.com/trace/{1:012}"}}]}})",
                   beginning_, number, template_version_);
}

void ProductRecords::append_snms(std::uint64_t number, std::string& out) const {
    fmt::format_to(
        std::back_inserter(out),
        R"({{"handle":"{0}{1:09}","templateVersion":"{2}","value":[)"
        R"({{"index":2000,"type":"serial","data":{{"format":"string","value":"SN-{1:012}"}},"auth":""}},)"
        R"({{"index":2001,"type":"madeOn","data":{{"format":"string","value":"2026-06-02"}},"auth":""}},)"
        R"({{"index":2002,"type":"page","data":{{"format":"string","value":"https://products.example.com/trace/{1:012}"}},"auth":""}}]}})",
        beginning_, number, template_version_);
}

}  // namespace idnode::bench
