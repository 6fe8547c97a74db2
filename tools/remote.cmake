# What the commands over the network do, apart from the programs so that tests reach it.
idnode_library(idnode_remote
  SOURCES
    remote.cpp
    secrets.cpp
    value_input.cpp
  PUBLIC idnode_client idnode_json idnode_tools
  PRIVATE fmt::fmt Threads::Threads)

target_sources(idnode PRIVATE
  commands/records.cpp
  commands/remote.cpp)
target_link_libraries(idnode PRIVATE idnode_remote)
