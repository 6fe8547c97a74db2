# What the commands over the network do, apart from the programs so that tests reach it.
# The batch format apart: its fuzz target needs nothing else.
idnode_library(idnode_batch SOURCES batch_file.cpp PUBLIC idnode_proto)

idnode_library(idnode_remote
  SOURCES
    batch_run.cpp
    key_files.cpp
    record_signatures.cpp
    remote.cpp
    remote_import.cpp
    secrets.cpp
    value_input.cpp
  PUBLIC idnode_batch idnode_client idnode_import idnode_json idnode_tools
  PRIVATE fmt::fmt Threads::Threads)

target_sources(idnode PRIVATE
  commands/batch.cpp
  commands/events.cpp
  commands/key.cpp
  commands/records.cpp
  commands/register.cpp
  commands/registration.cpp
  commands/registration_api.cpp
  commands/registration_verbs.cpp
  commands/remote.cpp
  commands/verify.cpp
  event_text.cpp)
target_link_libraries(idnode PRIVATE idnode_remote)
