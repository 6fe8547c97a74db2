#pragma once

#include <memory>

#include "registry/model/ports.h"
#include "storage/rocks_db.h"

namespace idnode::storage {

/// Over one iterator, which is a snapshot in itself. Borrows the database.
std::unique_ptr<model::ObjectCursor> walk_objects_of(const RocksDb& rocks, model::Table table);

}  // namespace idnode::storage
