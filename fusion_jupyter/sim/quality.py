"""Signal-to-noise ratio of a lightpath, by the Gaussian noise model as FUSION computes it.

Noise is summed link by link from amplified spontaneous emission, the interference of a channel with
itself and with the other channels of its core and, if requested, the correction of the enhanced
Gaussian noise (EGN) model and a term for crosstalk between cores. A lightpath is set up if its
ratio is above a threshold, the same for every format. Operations are done in FUSION's order.

Source of the model: P. Poggiolini, "The GN Model of Non-Linear Propagation in Uncompensated
Coherent Optical Systems", Journal of Lightwave Technology 30 (24), 2012; of the EGN term: the same,
"A Simple and Effective Closed-Form GN Model Correction Formula Accounting for Signal Non-Gaussian
Distribution", Journal of Lightwave Technology 33 (2), 2015. Values of the fibre are FUSION's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fusion_jupyter.sim.allocation import KnownSpectrum
    from fusion_jupyter.sim.config import SimConfig
    from fusion_jupyter.sim.lightpath import Lightpath

#: Attenuation in 1/m: 0.2 dB/km.
ATTENUATION = 0.2 / 4.343 * 1e-3
#: Non-linearity in 1/(W m).
NON_LINEARITY = 1.3e-3
#: Dispersion in s^2/m.
DISPERSION = -21.3e-27
#: Length of a span in km.
SPAN = 100
#: Optical frequency in Hz, Planck's constant in J s, and twice the amplifiers' noise factor.
LIGHT_FREQUENCY = 1.9341e14
PLANCK = 6.62607004e-34
NOISE_DENSITY = 1.8
#: Least signal-to-noise ratio in dB.
THRESHOLD = 8.5
#: Symbol rate that the EGN correction assumes, in baud: that of 12 Gb/s on two polarisations.
SYMBOL_RATE = 12 * 10**9 / 2
EGN_FACTOR = 80 / 81
#: Fibre for the crosstalk term: bending radius and core pitch in m; coupling, propagation in 1/m.
BENDING_RADIUS, CORE_PITCH = 0.05, 4e-5
MODE_COUPLING, PROPAGATION = 4.0e-4, 4e6
#: Neighbouring cores in that term. FUSION has a placeholder here, which reduces noise.
NEIGHBOURING_CORES = -100
GHZ = 10**9
KM = 1e3


class QualityError(ArithmeticError):
    """The noise is not a positive number, a case in which FUSION crashes."""


class NoiseLimit:
    """Rejects lightpaths whose signal-to-noise ratio is too low.

    Args:
        config: The configuration.
        lengths: Length of each link in km.
        spectrum: The spectrum of all links.
    """

    def __init__(
        self, config: SimConfig, lengths: Sequence[float], spectrum: KnownSpectrum
    ) -> None:
        assert config.quality is not None
        self._quality = config.quality
        self._guard_slots = config.guard_slots
        self._spectrum = spectrum
        self._links = len(lengths)
        self._spans = [length / SPAN for length in lengths]
        emission = PLANCK * LIGHT_FREQUENCY * NOISE_DENSITY
        self._emission = emission * (math.exp(ATTENUATION * SPAN * KM) - 1)
        self._core_noise = self._crosstalk_power() if config.quality.core_noise else 0.0

    def __call__(self, lightpath: Lightpath, lane: int, taken: int) -> bool:
        """Return whether a lightpath's signal-to-noise ratio is sufficient.

        Raises:
            QualityError: The noise is not positive.
        """
        quality, width = self._quality, self._quality.slot_width
        start = (taken & -taken).bit_length() - 1
        # As in FUSION, a guard slot counts twice in the width.
        slots = lightpath.width + self._guard_slots
        centre = (start * width + slots * width / 2) * GHZ
        bandwidth = slots * width * GHZ
        density = quality.input_power / bandwidth
        own = density**2 * math.asinh(
            math.pi**2 * abs(DISPERSION) / (2 * ATTENUATION) * bandwidth**2
        )
        total = 0.0
        for link in lightpath.path.links:
            others, channels = self._interference(lane * self._links + link, centre)
            noise = (own + others) * (_SCALE * density)
            if quality.kurtosis:
                factor = quality.kurtosis[lightpath.modulation]
                noise -= self._correction(factor, channels, density, bandwidth)
            noise = (self._emission + noise) * bandwidth + self._core_noise
            signal = density * bandwidth / (noise * self._spans[link]) if noise else math.inf
            total += 1 / signal
        if total <= 0:
            raise QualityError(
                "the noise on a path is not positive (snr_type = snr_calc_nli with these values of "
                "input_power, egn_model, phi and xt_noise), at which FUSION crashes"
            )
        return 10 * math.log10(1 / total) > THRESHOLD

    def _interference(self, index: int, centre: float) -> tuple[float, int]:
        """Return the interference of the channels on a link's core, and their number."""
        width, total, channels = self._quality.slot_width, 0.0, 0
        for start, slots in self._channels(index):
            channels += 1
            size = slots * width
            frequency = (start * width + size / 2) * GHZ
            size *= GHZ
            if centre != frequency:
                away = abs(centre - frequency)
                ratio = (away + size / 2) / (away - size / 2)
                total += (self._quality.input_power / size) ** 2 * math.log(abs(ratio))
        return total, channels

    def _channels(self, index: int) -> Iterator[tuple[int, int]]:
        """Yield first slot and width of each channel, from the lowest."""
        starts, data = self._spectrum.starts[index], self._spectrum.data[index]
        while starts:
            lowest = starts & -starts
            starts ^= lowest
            run = data // lowest
            slots = (~run & (run + 1)).bit_length() - 1
            if starts:
                slots = min(slots, ((starts & -starts) // lowest).bit_length() - 1)
            yield lowest.bit_length() - 1, slots

    @staticmethod
    def _correction(factor: float, channels: int, density: float, bandwidth: float) -> float:
        """Return what the EGN model subtracts from a link's noise: negative, as DISPERSION is."""
        series = 0.0
        for number in range(1, math.ceil((channels - 1) / 2) + 1):
            series += 1 / number
        length: float = (1 - math.e ** (-2 * ATTENUATION * SPAN * KM)) / (2 * ATTENUATION)
        term = NON_LINEARITY**2 * length**2 * (density**3 * bandwidth**2)
        term /= SYMBOL_RATE**2 * math.pi * DISPERSION * (SPAN * KM)
        return EGN_FACTOR * factor * term * series

    def _crosstalk_power(self) -> float:
        mean = 2 * BENDING_RADIUS * MODE_COUPLING**2 / (PROPAGATION * CORE_PITCH)
        return NEIGHBOURING_CORES * mean * SPAN * KM * self._quality.input_power


#: 3 gamma^2 / (2 pi alpha |beta2|), which scales the interference.
_SCALE = 3 * NON_LINEARITY**2 / (2 * math.pi * ATTENUATION * abs(DISPERSION))
