add_library(mmulab_warnings INTERFACE)
target_compile_options(mmulab_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  $<$<BOOL:${MMULAB_WERROR}>:-Werror>)
