#include "resolver/mirror/changes.h"

#include <utility>

#include "registry/model/record.h"

namespace idnode::mirror {

namespace {

constexpr std::size_t kEditsMax = 2'000;
constexpr std::size_t kBytesMax = 8U << 20U;

}  // namespace

Result<Bytes> stored_values(const std::string& handle, std::vector<handle::Value> values) {
    return model::encode_record_values({handle, std::move(values)});
}

Result<void> ChangeBatch::add(handle::Transaction transaction) {
    using handle::TransactionAction;
    model::Edit edit;
    edit.suffix_case = suffix_case_;
    switch (transaction.action) {
        case TransactionAction::kPlaceholder:
            return {};
        case TransactionAction::kCreate:
        case TransactionAction::kUpdate: {
            auto values = stored_values(transaction.handle, std::move(transaction.values));
            if (!values) return values.error();
            edit.kind = model::Edit::Kind::kPut;
            edit.values = *std::move(values);
            break;
        }
        case TransactionAction::kDelete:
            edit.kind = model::Edit::Kind::kErase;
            break;
        case TransactionAction::kHome:
            edit.kind = model::Edit::Kind::kHome;
            break;
        case TransactionAction::kUnhome:
            edit.kind = model::Edit::Kind::kUnhome;
            break;
        case TransactionAction::kDeleteAll:
            return Error{Errc::kUnsupported, "the primary deleted everything at once"};
    }
    edit.handle = std::move(transaction.handle);
    bytes_ += edit.handle.size() + edit.values.size();
    change_.edits.push_back(std::move(edit));
    return {};
}

bool ChangeBatch::is_full() const {
    return change_.edits.size() >= kEditsMax || bytes_ >= kBytesMax;
}

model::Change ChangeBatch::take(std::string who) {
    model::Change out = std::exchange(change_, {});
    out.who = std::move(who);
    out.replicated = true;
    bytes_ = 0;
    return out;
}

}  // namespace idnode::mirror
