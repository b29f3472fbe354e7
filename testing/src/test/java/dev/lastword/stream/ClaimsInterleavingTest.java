package dev.lastword.stream;

import static dev.lastword.testing.Interleavings.require;

import dev.lastword.testing.Interleavings;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Two ask for one key at the same time. */
final class ClaimsInterleavingTest {
  private static final String KEY = "key";

  @Test
  void givenTwoWhoClaimAKey_whenNoStreamComesOfIt_thenOneHoldsItAfterTheOther() {
    Interleavings.explore(() -> new Scene(false));
  }

  @Test
  void givenTwoWhoClaimAKey_whenAStreamComesOfIt_thenNobodyWaitsForEver() {
    Interleavings.explore(() -> new Scene(true));
  }

  @Test
  void givenOneWhoWaits_whenItGoesAwayAsTheKeyIsHandedOn_thenTheKeyIsFreeInTheEnd() {
    Interleavings.explore(Leaving::new);
  }

  private static final class Scene implements Interleavings.Scene {
    final Claims<String> claims = new Claims<>();
    final AtomicInteger holders = new AtomicInteger();
    final AtomicInteger answers = new AtomicInteger();
    final boolean taken;
    volatile boolean two;

    Scene(boolean taken) {
      this.taken = taken;
    }

    void claim() {
      claims.claim(
          KEY,
          new Claims.Claimant() {
            @Override
            public void held() {
              two |= holders.incrementAndGet() > 1;
              answers.incrementAndGet();
            }

            @Override
            public void taken() {
              answers.incrementAndGet();
            }
          });
    }

    /** Whoever holds the key comes to an end with it. */
    void settle() {
      if (holders.get() == 1) {
        holders.decrementAndGet();
        claims.settle(KEY, taken);
      }
    }

    @Override
    public void one() {
      claim();
      settle();
    }

    @Override
    public void other() {
      claim();
    }

    @Override
    public void check() {
      settle();
      settle();
      require(!two, "two hold one key");
      require(answers.get() == 2, answers.get() + " of 2 claims were answered");
      require(claims.size() == 0, "the key stays held");
    }
  }

  /** One holds the key and another waits for it. */
  private static final class Leaving implements Interleavings.Scene {
    final Claims<String> claims = new Claims<>();
    final AtomicInteger held = new AtomicInteger();
    final Claims.Claimant waiting =
        new Claims.Claimant() {
          @Override
          public void held() {
            held.incrementAndGet();
            claims.settle(KEY, false);
          }

          @Override
          public void taken() {}
        };

    Leaving() {
      claims.claim(
          KEY,
          new Claims.Claimant() {
            @Override
            public void held() {}

            @Override
            public void taken() {}
          });
      claims.claim(KEY, waiting);
    }

    @Override
    public void one() {
      claims.withdraw(KEY, waiting);
    }

    @Override
    public void other() {
      claims.settle(KEY, false);
    }

    @Override
    public void check() {
      require(held.get() <= 1, "told twice");
      require(claims.size() == 0, "the key stays held");
    }
  }
}
