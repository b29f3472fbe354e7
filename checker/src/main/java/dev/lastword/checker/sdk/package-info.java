/** What the SDKs of a dialect make of recorded bytes: by known rules, and by asking them. */
@NullMarked
package dev.lastword.checker.sdk;

import org.jspecify.annotations.NullMarked;
