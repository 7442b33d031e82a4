// The preprocessor half of RMI_INTERFACE: a macro for each of up to 341 arguments.
#pragma once

// RMI_FOR_EACH_(macro, data, a, b, ...) expands to macro(data, a) macro(data, b) ...
// The recursion is that of __VA_OPT__: each rescan of RMI_EXPAND_ unfolds one more step.
#define RMI_FOR_EACH_(macro, data, ...) \
  __VA_OPT__(RMI_EXPAND_(RMI_FOR_EACH_STEP_(macro, data, __VA_ARGS__)))
#define RMI_FOR_EACH_STEP_(macro, data, first, ...) \
  macro(data, first) __VA_OPT__(RMI_FOR_EACH_AGAIN_ RMI_PARENS_(macro, data, __VA_ARGS__))
#define RMI_FOR_EACH_AGAIN_() RMI_FOR_EACH_STEP_
#define RMI_PARENS_ ()

#define RMI_EXPAND_(...) RMI_EXPAND_4_(RMI_EXPAND_4_(RMI_EXPAND_4_(RMI_EXPAND_4_(__VA_ARGS__))))
#define RMI_EXPAND_4_(...) RMI_EXPAND_3_(RMI_EXPAND_3_(RMI_EXPAND_3_(RMI_EXPAND_3_(__VA_ARGS__))))
#define RMI_EXPAND_3_(...) RMI_EXPAND_2_(RMI_EXPAND_2_(RMI_EXPAND_2_(RMI_EXPAND_2_(__VA_ARGS__))))
#define RMI_EXPAND_2_(...) RMI_EXPAND_1_(RMI_EXPAND_1_(RMI_EXPAND_1_(RMI_EXPAND_1_(__VA_ARGS__))))
#define RMI_EXPAND_1_(...) __VA_ARGS__

// An entry is `name` or `(name, extra, ...)`. RMI_FIRST_ is the name; RMI_REST_ is `()`, or
// `(, extra, ...)` with the comma that RMI_UNWRAP_ leaves before what follows a first argument.
#define RMI_FIRST_(entry) RMI_IF_LIST_(entry, RMI_FIRST_OF_LIST_, RMI_ITSELF_)(entry)
#define RMI_REST_(entry) RMI_IF_LIST_(entry, RMI_REST_OF_LIST_, RMI_NOTHING_)(entry)
#define RMI_ITSELF_(entry) entry
#define RMI_NOTHING_(entry) ()
#define RMI_FIRST_OF_LIST_(list) RMI_HEAD_ list
#define RMI_REST_OF_LIST_(list) RMI_TAIL_ list
#define RMI_HEAD_(first, ...) first
#define RMI_TAIL_(first, ...) (__VA_OPT__(, ) __VA_ARGS__)
#define RMI_UNWRAP_(...) __VA_ARGS__

// Picks `then` if the entry is in parentheses: RMI_PROBE_ applied to it inserts a third argument.
#define RMI_IF_LIST_(entry, then, otherwise) RMI_THIRD_(RMI_PROBE_ entry, then, otherwise)
#define RMI_PROBE_(...) ~, ~
#define RMI_THIRD_(...) RMI_THIRD_OF_(__VA_ARGS__)
#define RMI_THIRD_OF_(a, b, c, ...) c
