// Peer: Thrift, what it calls.
service Echo {
  binary call(1: binary text)
}
