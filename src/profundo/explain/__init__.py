"""Why a network answered as it did: how much each input moved the answer."""
