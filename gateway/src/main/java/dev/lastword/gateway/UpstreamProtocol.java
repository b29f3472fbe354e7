package dev.lastword.gateway;

/** Whether upstreams are asked in HTTP/2. */
enum UpstreamProtocol {
  /** Where they choose it in the handshake of TLS; in plain TCP never. */
  AUTO,

  /** Never. */
  HTTP1,

  /** As {@link #AUTO}, and in plain TCP always: they are known to speak it (RFC 9113 §3.3). */
  PRIOR_KNOWLEDGE
}
