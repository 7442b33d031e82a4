// Words of a command line to the arguments of a call, typed by its signature.
#pragma once

#include <functional>
#include <span>
#include <string>

#include <rmi/schema.hpp>

#include "bus/json.hpp"

namespace rmi::cli {

/// Reads all of stdin. Asked for at most once.
using ReadInput = std::function<std::string()>;

/// The arguments in order, as JSON that encode_arguments takes. The types are not checked here.
///
/// A word is one argument, in order; `name=word` is the parameter of that name, where there is one,
/// and the other words fill the rest. `-` is what stdin holds. What a word means depends on the
/// type that is wanted:
///
/// - string: the word as it is, also `42` and `true`; in quotes as a JSON string, so `'"-"'` is a
///   dash.
/// - bytes: base64, quoted or not; from stdin the bytes themselves.
/// - enum: the bare name of an enumerator, else JSON.
/// - optional: `null`, else as what it holds.
/// - ref, callback: a name, or `null`.
/// - stream: a name, or its items as an array of JSON; from stdin an item a line.
/// - numbers, bool, times, variants: JSON, and a word that is no JSON as a string: `1500ms`, `NaN`.
/// - anything else: JSON.
///
/// @throws BadArguments  too many or too few words (the text shows the signature), a parameter
///         given twice, or a word that is no JSON where only JSON will do.
/// @throws UsageError  `-` is there twice.
Json arguments_from_words(std::span<const std::string> words, const Signature& signature,
                          const TypeTable& types, const ReadInput& read_input);

/// One word. @param subject  what an error text calls it.
Json value_from_word(const std::string& word, const Type& type, const TypeTable& types,
                     const std::string& subject);

}  // namespace rmi::cli
