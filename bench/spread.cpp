#include "bench/spread.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/assert.h"

namespace idnode::bench {

Spread spread_of(std::vector<double> values) {
    IDNODE_ASSERT(!values.empty());
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    const double median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

std::vector<double> ratios(const std::vector<double>& over, const std::vector<double>& under) {
    IDNODE_ASSERT(over.size() == under.size());
    std::vector<double> out;
    for (std::size_t i = 0; i < over.size(); ++i) out.push_back(over[i] / under[i]);
    return out;
}

std::string in_thousands(const Spread& value) {
    return fmt::format("{:.1f} k [{:.1f}..{:.1f}]", value.median / 1e3, value.least / 1e3,
                       value.most / 1e3);
}

std::string in_hundredths(const Spread& value) {
    return fmt::format("{:.2f} [{:.2f}..{:.2f}]", value.median, value.least, value.most);
}

}  // namespace idnode::bench
