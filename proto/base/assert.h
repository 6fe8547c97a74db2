#pragma once

#include <cstdio>
#include <cstdlib>

/// States what only a bug can break; stays on in release, and never looks at input.
#define IDNODE_ASSERT(condition)                                                         \
    do {                                                                                 \
        if (!(condition)) [[unlikely]] {                                                 \
            std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                \
        }                                                                                \
    } while (false)
