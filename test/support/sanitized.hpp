// Whether a sanitizer watches this program, where each call takes twenty times as long.
#pragma once

namespace rmi_test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;  // as g++ says it
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;  // as clang does
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

// UndefinedBehaviorSanitizer comes with AddressSanitizer here. It asks the kernel, through a pipe,
// what memory there is, and reports what is none when there is no descriptor for that.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool needs_descriptors = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool needs_descriptors = true;
#else
inline constexpr bool needs_descriptors = false;
#endif
#else
inline constexpr bool needs_descriptors = false;
#endif

// AddressSanitizer is to see what is used after its end: no memory is kept for the next call then.
inline constexpr bool recycles = !needs_descriptors;

}  // namespace rmi_test
