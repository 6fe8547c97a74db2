#pragma once

#include <string>
#include <vector>

namespace idnode::bench {

/// What several rounds gave.
struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};

/// Of at least one value; of an even number the median is the mean of the middle two.
Spread spread_of(std::vector<double> values);
/// Round by round: what disturbs a round disturbs both of its turns.
std::vector<double> ratios(const std::vector<double>& over, const std::vector<double>& under);

/// `39.1 k [34.5..42.6]`
std::string in_thousands(const Spread& value);
/// `0.81 [0.79..0.84]`
std::string in_hundredths(const Spread& value);

}  // namespace idnode::bench
