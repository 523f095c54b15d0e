/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a request says against itself. */
#pragma once

#include "wtg/error.h"
#include "wtg/request.h"

/* Kind WTG_USAGE.  Of a request to create; one for Ventoy alone is a part of that. */
int wtg_request_check(const struct wtg_request *request, struct wtg_error *err);
