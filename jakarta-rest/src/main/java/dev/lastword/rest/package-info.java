/**
 * The event streams of Jersey's resources live apart from their connections, in whichever container
 * serves them.
 *
 * @see LastwordFeature
 */
@NullMarked
package dev.lastword.rest;

import org.jspecify.annotations.NullMarked;
