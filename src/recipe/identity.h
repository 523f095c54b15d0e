/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every identifier that a drive gets, drawn before anything is written. */
#pragma once

#include "step/layout.h"

/*
 * Derived from seed as systemd-repart does it: HMAC-SHA256(seed, purpose), so one seed gives
 * the same identifiers every time, and others for each position among the drives of a run (0: the
 * first).  NULL draws a random seed: two drives with the same disk
 * GUID must not meet in one computer, Windows would change one of them and its BCD no longer
 * match.
 */
struct wtg_identity wtg_identity_draw(const char *seed, unsigned position);

/* What else is to be random, and the same again with the same seed: a computer's name. */
void wtg_identity_seed(const char *seed, unsigned position, uint8_t ret[16]);
