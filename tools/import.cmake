# Import and export, apart from the programs so that tests reach them.
idnode_library(idnode_import
  SOURCES
    csv.cpp
    export.cpp
    import.cpp
    import_blocks.cpp
    import_lines.cpp
    import_prefixes.cpp
    import_sample.cpp
    progress.cpp
    record_file.cpp
  PUBLIC idnode_json idnode_storage
  PRIVATE fmt::fmt Threads::Threads "${LZ4_LIBRARY}")
