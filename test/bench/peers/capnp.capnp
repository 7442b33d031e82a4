# Peer: Cap'n Proto, what it calls.
@0xb3f1c2a9d4e57a10;
interface Echo {
  call @0 (text :Data) -> (text :Data);
}
