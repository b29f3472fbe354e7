package dev.lastword.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReceiptKeyTest {
  private static String base64Url(String hex) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(HexFormat.of().parseHex(hex));
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      emptyValue = "",
      textBlock =
          """
          9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60,d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a,'',e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
          4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb,3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c,72,92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
          """)
  void givenAVectorOfRfc8032_thenKeyAndSignatureAreThose(
      String seed, String x, String message, String signature) {
    var key = ReceiptKey.signing(base64Url(seed), 0);
    var bytes = HexFormat.of().parseHex(message);

    assertThat(key.x()).isEqualTo(base64Url(x));
    assertThat(key.seed()).isEqualTo(base64Url(seed));
    assertThat(key.sign(bytes)).isEqualTo(HexFormat.of().parseHex(signature));
    assertThat(key.hasSigned(bytes, HexFormat.of().parseHex(signature))).isTrue();
  }

  @Test
  void givenASignature_thenTheJdkSaysTheSameOfIt() throws Exception {
    for (int i = 0; i < 50; i++) {
      var key = ReceiptKey.make(i);
      var bytes = ("message " + i).getBytes(US_ASCII);
      var signed = key.sign(bytes);
      assertThat(isSigned(key, bytes, signed)).isTrue();
      assertThat(key.hasSigned(bytes, signed)).isTrue();

      signed[i % signed.length] ^= 1;
      assertThat(isSigned(key, bytes, signed)).isFalse();
      assertThat(key.hasSigned(bytes, signed)).isFalse();
    }
  }

  private static boolean isSigned(ReceiptKey key, byte[] bytes, byte[] signed) throws Exception {
    var x = Base64.getUrlDecoder().decode(key.x());
    boolean odd = x[31] < 0;
    x[31] &= 0x7F;
    var big = new byte[32];
    for (int i = 0; i < 32; i++) {
      big[i] = x[31 - i];
    }
    var point = new EdECPoint(odd, new BigInteger(1, big));
    var signature = Signature.getInstance("Ed25519");
    signature.initVerify(
        KeyFactory.getInstance("Ed25519")
            .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point)));
    signature.update(bytes);
    try {
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "AAAA", "A", "\u00e4", "__________________________________________8"})
  void givenWhatIsNoPublicHalf_thenThereIsNoKey(String x) {
    assertThatIllegalArgumentException().isThrownBy(() -> ReceiptKey.checking(x));
  }

  @Test
  void givenAShortOrALongSignature_thenItIsNotTheKeys() {
    var key = ReceiptKey.make(0);
    assertThat(key.hasSigned(new byte[0], new byte[0])).isFalse();
    assertThat(key.hasSigned(new byte[0], new byte[65])).isFalse();
    assertThat(key.toString()).doesNotContain(key.seed());
  }

  @Test
  void givenANewKey_whenAnAnswerEndedAroundThen_thenItsKeyIsTheSame_beforeTheFileIsLookedAtAndAfter(
      @TempDir Path data) throws Exception {
    var keys = ReceiptKeys.open(data, 1_000);
    var first = keys.current();
    long rotatedMs = 50_000;
    var second = ReceiptKeys.add(data, rotatedMs);

    for (long endedMs : new long[] {0, 1_500, rotatedMs - 1, rotatedMs, rotatedMs + 999}) {
      assertThat(keys.at(endedMs).kid()).isEqualTo(first.kid());
    }
    var looked = ReceiptKeys.open(data, 0);
    for (long endedMs : new long[] {0, 1_500, rotatedMs - 1, rotatedMs, rotatedMs + 999}) {
      assertThat(looked.at(endedMs).kid()).isEqualTo(first.kid());
    }
    assertThat(looked.at(rotatedMs + 2_000).kid()).isEqualTo(second.kid());
  }

  @Test
  void givenTheOnlyKey_whenItIsTakenAway_thenAnotherSigns(@TempDir Path data) throws Exception {
    var keys = ReceiptKeys.open(data, 1_000);
    var stolen = keys.current();

    Files.writeString(data.resolve(ReceiptKeys.FILE), "# none\n");

    await().until(() -> !keys.current().kid().equals(stolen.kid()));
    assertThat(keys.all()).hasSize(1);
    assertThat(ReceiptKeys.read(data.resolve(ReceiptKeys.FILE)))
        .extracting(ReceiptKey::kid)
        .containsExactly(keys.current().kid());
  }

  @ParameterizedTest
  @CsvSource({"iat, 9000000000000000000", "iat, -9000000000000000000", "kid, \u001b[2J"})
  void givenWhatNoReceiptSays_thenItIsNone(String claim, String value) {
    var key = ReceiptKey.make(0);
    var header =
        "{\"alg\":\"EdDSA\",\"typ\":\"lastword-receipt+jwt\",\"kid\":\"%s\"}"
            .formatted(claim.equals("kid") ? value.replace("\u001b", "\\u001b") : key.kid());
    var claims = "{\"stream\":\"s\",\"iat\":%s}".formatted(claim.equals("iat") ? value : "1");
    assertThat(SignedReceipt.read(text(header) + "." + text(claims) + ".AA")).isEmpty();
    assertThat(
            SignedReceipt.read(
                text(header.replaceAll("\"kid\":.*", "\"kid\":\"" + key.kid() + "\"}"))
                    + "."
                    + text("{\"stream\":\"s\",\"iat\":1}")
                    + ".AA"))
        .isPresent();
  }

  private static String text(String json) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(US_ASCII));
  }
}
