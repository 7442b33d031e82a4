// Peer: omniORB (CORBA), direct over TCP.
#include <omniORB4/CORBA.h>
#include <omniorb.hh>

#include "test/bench/client.hpp"

namespace {

using bench::Client;

class Service final : public POA_bench::Echo {
  ::bench::Bytes* call(const ::bench::Bytes& text) override { return new ::bench::Bytes(text); }
};

CORBA::ORB_var make_orb() {
  int argc = 0;
  const char* options[][2] = {
      {"giopMaxMsgSize", "268435456"}, {"endPoint", "giop:tcp:127.0.0.1:"}, {nullptr, nullptr}};
  return CORBA::ORB_init(argc, nullptr, "omniORB4", options);
}

int serve() {
  bench::block_stop_signals();
  const CORBA::ORB_var orb = make_orb();
  const CORBA::Object_var root = orb->resolve_initial_references("RootPOA");
  const PortableServer::POA_var poa = PortableServer::POA::_narrow(root);
  Service service;
  const PortableServer::ObjectId_var id = poa->activate_object(&service);
  const CORBA::Object_var reference = service._this();
  poa->the_POAManager()->activate();
  const CORBA::String_var text = orb->object_to_string(reference);
  bench::say_ready(text.in());
  bench::wait_for_stop();
  return 0;
}

class Caller final : public Client {
 public:
  explicit Caller(const std::string& where) : orb_(make_orb()) {
    const CORBA::Object_var object = orb_->string_to_object(where.c_str());
    echo_ = ::bench::Echo::_narrow(object);
  }
  explicit Caller(::bench::Echo_ptr echo) : echo_(::bench::Echo::_duplicate(echo)) {}
  void echo(std::size_t size) override {
    ::bench::Bytes text;
    text.length(static_cast<CORBA::ULong>(size));
    const ::bench::Bytes_var reply = echo_->call(text);
  }
  std::unique_ptr<Client> for_thread() override { return std::make_unique<Caller>(echo_.in()); }
  std::unique_ptr<Client> connect() override {
    throw bench::Unsupported("one set of connections a process");
  }

 private:
  CORBA::ORB_var orb_;
  ::bench::Echo_var echo_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string("server")) return serve();
  if (argc != 3) return 2;
  Caller client(argv[2]);
  return bench::run_client(client);
}
