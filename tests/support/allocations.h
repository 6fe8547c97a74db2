#pragma once

#include <cstddef>

namespace idnode::testing {

/// How often memory was taken since the start, by all threads: a program that has this counts every
/// `operator new`. Not together with the thread sanitizer, whose runtime brings its own.
std::size_t allocations();

}  // namespace idnode::testing
