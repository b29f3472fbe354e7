package dev.lastword.gateway;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/** The addresses that begin with the same bits as this one. */
record AddressBlock(InetAddress first, int bits) {
  /** Reads an address, or a block as in {@code 10.0.0.0/8} (RFC 4632 §3.1). */
  static Optional<AddressBlock> parse(String word) {
    int slash = word.indexOf('/');
    var text = slash < 0 ? word : word.substring(0, slash);
    var address = address(text);
    if (address.isEmpty()) {
      return Optional.empty();
    }
    int most = address.get().getAddress().length * 8;
    int mapped = most == 32 && text.indexOf(':') >= 0 ? 96 : 0; // ::ffff:10.0.0.0/104
    var digits = slash < 0 ? Integer.toString(most + mapped) : word.substring(slash + 1);
    if (!digits.matches("[0-9]{1,3}")) {
      return Optional.empty();
    }
    int bits = Integer.parseInt(digits) - mapped;
    return bits >= 0 && bits <= most
        ? Optional.of(new AddressBlock(address.get(), bits))
        : Optional.empty();
  }

  boolean contains(InetAddress address) {
    var one = first.getAddress();
    var other = address.getAddress();
    if (one.length != other.length) {
      return false;
    }
    int whole = bits / 8;
    for (int i = 0; i < whole; i++) {
      if (one[i] != other[i]) {
        return false;
      }
    }
    int rest = bits % 8;
    return rest == 0 || ((one[whole] ^ other[whole]) & 0xff & (0xff << (8 - rest))) == 0;
  }

  /** Reads an address that is written out; nothing is looked up. */
  static Optional<InetAddress> address(String text) {
    if (text.indexOf('%') >= 0 || text.startsWith("[")) { // a zone means nothing elsewhere
      return Optional.empty();
    }
    var bytes = NetUtil.createByteArrayFromIpAddressString(text);
    try {
      return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }
}
