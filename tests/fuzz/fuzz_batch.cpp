// Invariants:
//  * no text makes the reader of batch files crash, hang or hold more than one operation;
//  * an operation has what its kind needs, and a line number that the text has;
//  * a value has an index above 0, and data or the name of a file.
#include <algorithm>
#include <sstream>

#include "proto/base/assert.h"
#include "tools/batch_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace idnode;
    using namespace idnode::tools;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
    std::istringstream in(text);
    BatchReader reader(in);
    for (;;) {
        const auto next = reader.next();
        if (!next) {
            IDNODE_ASSERT(next.error().line <= lines + 1 && !next.error().what.empty());
            continue;
        }
        if (!*next) return 0;
        const BatchOperation& operation = **next;
        IDNODE_ASSERT(operation.line >= 1 && operation.line <= lines);
        IDNODE_ASSERT(operation.values.size() <= tools::limits::kBatchLinesMax);
        const bool homes =
            operation.kind == BatchKind::kHome || operation.kind == BatchKind::kUnhome;
        IDNODE_ASSERT(!homes || !operation.prefixes.empty());
        IDNODE_ASSERT(operation.kind != BatchKind::kRemove || !operation.indexes.empty());
        for (const BatchValue& value : operation.values) IDNODE_ASSERT(value.value.index > 0);
    }
}
