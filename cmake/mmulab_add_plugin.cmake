# mmulab_add_plugin(NAME SOURCE...): a shared object NAME.so for `mmulab --plugin`. See docs/adding-a-strategy.md.
function(mmulab_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE mmulab::plugin)
  set_target_properties(${name} PROPERTIES PREFIX "")
endfunction()
