// Calls that are made again, because nobody knew whether they ran: none runs twice.
#include <fmt/format.h>

#include <utility>

#include "bus/answer.hpp"
#include "bus/control.hpp"
#include "bus/host.hpp"
#include "bus/random.hpp"

namespace rmi {
namespace {

/// As the answer to another attempt of the call that it answers.
void readdress(Frame& answer, const ServedCall& to) {
  wire::set_call_id(answer, to.view.header.call_id);
  wire::set_registration(answer, to.view.header.registration);
}

}  // namespace

std::uint64_t Host::new_ticket(const ServedCall& call) {
  const std::uint64_t ticket = random_number();
  const std::lock_guard lock(mutex_);
  call.queue->object->kept()->introduce(ticket);
  return ticket;
}

/// Precondition: mutex_ is held. @return whether the call, which has a mark, may be run.
bool Host::is_fresh(const Job& job, Intake& intake) {
  KeptReplies* kept = job->queue->object->kept();
  auto found = kept == nullptr ? KeptReplies::Found{} : kept->meet(*job->mark);
  using Is = KeptReplies::Is;
  if (found.is == Is::fresh) return true;
  if (found.is == Is::unknown) {
    intake.refused = true;
    intake.code = ErrorCode::connection_lost;
    return false;
  }
  intake.repeated = true;
  intake.kept = std::move(found.reply);
  if (found.job) {
    found.job->newest = job;
    found.job->cancelled = false;
    found.job->reported = false;
  }
  return false;
}

/// Precondition: mutex_ is held. The call is over and was not begun: another attempt may run.
void Host::forget_mark(ServedCall& call) {
  if (call.mark) call.queue->object->kept()->forget(*call.mark);
  call.mark.reset();
}

/// Of a call with a mark. @return null if it did not run.
KeptReplies::Reply Host::reply_to_keep(const ServedCall& call, const Frame& answer) const {
  const auto view = std::get<wire::View>(wire::parse(answer.bytes()));
  const bool failed = view.header.kind == wire::Kind::error;
  if (failed &&
      read_error(view.payload).outcome == static_cast<std::uint8_t>(Outcome::not_executed))
    return nullptr;
  const std::size_t limit = call.queue->object->kept()->limits().bytes;
  std::string why;
  if (call.sent_references)
    why = "references and streams are given once";
  else if (answer.size() > limit)
    why = fmt::format("it has {} bytes, and all that are kept of the object {}", answer.size(),
                      limit);
  if (why.empty()) return std::make_shared<const Frame>(Frame::copy_of(answer.bytes()));
  return std::make_shared<const Frame>(
      make_error({}, ErrorCode::connection_lost, Outcome::executed,
                 fmt::format("{}.{} ran, but its answer was lost and is not kept in {}: {}",
                             call.view.object, call.view.method, place_.process, why)));
}

/// Precondition: mutex_ is held.
void Host::end_marked(ServedCall& call, KeptReplies::Reply reply, Frame& answer) {
  if (call.newest) readdress(answer, *call.newest);
  if (!reply) return forget_mark(call);
  call.queue->object->kept()->finish(*call.mark, std::move(reply));
}

/// Whoever waits for the answer of a call now.
Job Host::latest_attempt(const Job& job) {
  const std::lock_guard lock(mutex_);
  return job->newest ? job->newest : job;
}

/// A call is here that was here before.
void Host::answer_again(const Intake& intake) {
  const ServedCall& call = *intake.job;
  if (!intake.kept) return wake_for(call.expiry);
  Frame answer = Frame::copy_of(intake.kept->bytes());
  readdress(answer, call);
  call.route->answer(answer, call.link, true);
}

}  // namespace rmi
