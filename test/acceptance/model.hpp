// What the model-service serves: one class for each part of the object model.
#pragma once

#include "model_calls.hpp"
#include "model_classes.hpp"
#include "model_record.hpp"
#include "model_references.hpp"
#include "model_values.hpp"

namespace model {

/// Serves all of them under the names that stand beside them in model_objects.cpp.
void serve_all(rmi::Daemon& daemon);

/// Hooks for sessions: those with the badge "none" are refused, others are greeted.
void add_hooks(rmi::Daemon::Options& options);

}  // namespace model
