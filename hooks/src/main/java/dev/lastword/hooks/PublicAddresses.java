package dev.lastword.hooks;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * Which addresses anybody may be sent to: those of the IANA special-purpose registries (RFC 6890)
 * are not, and neither is what leads to one of them, such as an IPv4 address within an IPv6 one.
 */
final class PublicAddresses {
  private PublicAddresses() {}

  static boolean contain(InetAddress address) {
    var bytes = address.getAddress();
    return bytes.length == 4 ? isPublic4(bytes) : isPublic6(bytes);
  }

  private static boolean isPublic4(byte[] a) {
    int first = a[0] & 0xff;
    int second = a[1] & 0xff;
    int third = a[2] & 0xff;
    return switch (first) {
      case 0, 10, 127 -> false;
      case 100 -> second < 64 || second > 127; // carriers' own (RFC 6598)
      case 169 -> second != 254; // link-local, and clouds' metadata
      case 172 -> second < 16 || second > 31;
      case 192 ->
          !(second == 168
              || (second == 0 && (third == 0 || third == 2))
              || (second == 88 && third == 99));
      case 198 -> !(second == 18 || second == 19 || (second == 51 && third == 100));
      case 203 -> !(second == 0 && third == 113);
      default -> first < 224; // multicast, reserved, broadcast
    };
  }

  private static boolean isPublic6(byte[] a) {
    int first = (a[0] & 0xff) << 8 | (a[1] & 0xff);
    int second = (a[2] & 0xff) << 8 | (a[3] & 0xff);
    if (first == 0x0064 && second == 0xff9b) { // to an IPv4 address (RFC 6052); own prefixes not
      return isZero(a, 4, 12) && isPublic4(Arrays.copyOfRange(a, 12, 16));
    }
    if (first == 0x2002) { // 6to4
      return isPublic4(Arrays.copyOfRange(a, 2, 6));
    }
    if (first == 0x2001 && (second < 0x0200 || second == 0x0db8)) { // Teredo, tests, documents
      return false;
    }
    return (first & 0xe000) == 0x2000 && first != 0x3fff; // global unicast, but for documents
  }

  private static boolean isZero(byte[] a, int from, int to) {
    for (int i = from; i < to; i++) {
      if (a[i] != 0) {
        return false;
      }
    }
    return true;
  }
}
