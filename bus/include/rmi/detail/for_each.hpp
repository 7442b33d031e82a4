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

// An entry's first part is a name, `rmi::extends<Base>`, or what RMI_PROPERTY makes: the kinds
// MEMBER, BASE and PROPERTY. RMI_ON_KIND_ calls RMI_<what>_<kind>_(Class, first, rest).
#define RMI_ON_KIND_(what, Class, entry) \
  RMI_ON_KIND_2_(what, Class, RMI_FIRST_(entry), RMI_REST_(entry))
#define RMI_ON_KIND_2_(what, Class, first, rest) RMI_ON_KIND_3_(what, Class, first, rest)
#define RMI_ON_KIND_3_(what, Class, first, rest) \
  RMI_ON_KIND_4_(what, RMI_SECOND_(RMI_KIND_OF_##first, MEMBER, ~), Class, first, rest)
#define RMI_ON_KIND_4_(what, kind, Class, first, rest) \
  RMI_ON_KIND_5_(what, kind, Class, first, rest)
#define RMI_ON_KIND_5_(what, kind, Class, first, rest) RMI_##what##_##kind##_(Class, first, rest)
#define RMI_KIND_OF_rmi ~, BASE, ~
#define RMI_KIND_OF_rmi_property_(...) ~, PROPERTY, ~
#define RMI_SECOND_(...) RMI_SECOND_OF_(__VA_ARGS__)
#define RMI_SECOND_OF_(a, b, ...) b

// The parts of a property: name, getter, setter, how sure the setter is.
#define RMI_PROPERTY_PARTS_(property) RMI_PROPERTY_PARTS_OF_##property
#define RMI_PROPERTY_PARTS_OF_rmi_property_(...) __VA_ARGS__
#define RMI_PROPERTY_1_(name) rmi_property_(name, name, name, perhaps)
#define RMI_PROPERTY_2_(name, getter) rmi_property_(name, getter, getter, none)
#define RMI_PROPERTY_3_(name, getter, setter) rmi_property_(name, getter, setter, given)
#define RMI_FOURTH_OF_(a, b, c, d, ...) d

// Picks `then` if the entry is in parentheses: RMI_PROBE_ applied to it inserts a third argument.
#define RMI_IF_LIST_(entry, then, otherwise) RMI_THIRD_(RMI_PROBE_ entry, then, otherwise)
#define RMI_PROBE_(...) ~, ~
#define RMI_THIRD_(...) RMI_THIRD_OF_(__VA_ARGS__)
#define RMI_THIRD_OF_(a, b, c, ...) c
