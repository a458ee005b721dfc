"""Matplotlib's artists as SVG elements: a small backend for pictures that live in a page.

Matplotlib's own SVG backend writes a whole file. A page needs less and more: elements that can be
compared one by one, colours that follow the page's theme, text that the page's font sets, and few
bytes. Lengths are tenths of a CSS pixel, so whole numbers are fine enough and short.
"""

import base64
import html
import io
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib import colors
from matplotlib.backend_bases import RendererBase
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D
from PIL import Image

from ..look import THEME_COLORS

UNITS = 10  # lengths in one CSS pixel
DPI = 72 * UNITS  # a matplotlib point is then one CSS pixel


class Element(NamedTuple):
    """One SVG element: how deep it stands, its tag, attributes and text."""

    depth: int
    tag: str
    attributes: dict
    text: str = ""


class Raster(str):
    """The data address of an indexed PNG, with its pixels at hand as `rgba` (height, width, 4)."""

    def __new__(cls, rgba):
        palette, index = colors_and_index(rgba)
        image = Image.fromarray(index, "P") if len(palette) <= 256 else Image.fromarray(rgba)
        options = {}
        if len(palette) <= 256:
            image.putpalette(palette[:, :3].tobytes())
            options["transparency"] = palette[:, 3].tobytes()
        file = io.BytesIO()
        image.save(file, "png", optimize=True, **options)
        new = super().__new__(
            cls, "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        )
        new.rgba = rgba
        return new

    def __reduce__(self):  # a state may come from another process
        return Raster, (self.rgba,)


def colors_and_index(rgba):
    """Distinct colours `(n, 4)` of an image, and for each pixel which of them it has."""
    packed = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    palette, index = np.unique(packed, return_inverse=True)
    return palette.view(np.uint8).reshape(-1, 4), index.reshape(packed.shape).astype(np.uint8)


@lru_cache(maxsize=1000)
def css_color(rgb):
    """A colour of the book as its CSS variable, which follows the theme; any other as it is."""
    hexadecimal = colors.to_hex(rgb)
    return THEME_COLORS.get(hexadecimal, hexadecimal)


def short(number):
    """A length to a tenth of a unit, in as few characters as possible."""
    return f"{number:.1f}".removesuffix(".0").replace("-0.", "-.").removeprefix("-0") or "0"


def path_data(vertices, codes):
    """The `d` attribute: whole numbers, each relative to the point before."""
    points = np.rint(vertices).astype(int).tolist()
    words, at, start, last = [], (0, 0), (0, 0), None
    i = 0
    while i < len(points):
        code = codes[i]
        if code == Path.STOP:
            break
        if code == Path.CLOSEPOLY:
            words.append("z")
            at, last, i = start, None, i + 1
            continue
        count = Path.NUM_VERTICES_FOR_CODE[code]
        steps = [p - at[k] for point in points[i : i + count] for k, p in enumerate(point)]
        at = points[i + count - 1]
        i += count
        letter = " mlqc"[code]
        if code == Path.MOVETO:
            start = at
        elif letter == "l" and last == "l" and steps == [0, 0]:
            continue
        words.append((" " if letter == last == "l" else letter) + " ".join(map(str, steps)))
        last = letter
    return "".join(words).replace(" -", "-")


class Recorder(RendererBase):
    """A renderer that keeps what it draws as a list of `Element`.

    Parameters
    ----------
    width, height : float
        Size of the picture, in tenths of a CSS pixel.
    """

    def __init__(self, width, height):
        super().__init__()
        self.width, self.height = width, height
        self.flip = Affine2D().scale(1, -1).translate(0, height)
        self.known_clips = {}
        self.begin("")

    def begin(self, prefix):
        """Start a new recording whose ids begin with `prefix`; return the old one's elements."""
        recorded = getattr(self, "elements", None)
        self.elements, self.prefix, self.clips = [], prefix, dict(self.known_clips)
        return recorded

    def flipy(self):
        return True

    def get_canvas_width_height(self):
        return self.width, self.height

    def points_to_pixels(self, points):
        return points * UNITS

    def option_scale_image(self):
        return True

    def option_image_nocomposite(self):
        return True

    def get_text_width_height_descent(self, s, prop, ismath):
        size = text_to_path.get_text_width_height_descent(s, prop, ismath)
        return tuple(UNITS * length for length in size)

    def draw_path(self, gc, path, transform, rgbFace=None):
        if gc.get_hatch() is not None:
            raise NotImplementedError("hatching is not drawn on the page; use a colour or alpha")
        line = rgbFace is None
        if line and not gc.get_linewidth():
            return
        margin = UNITS * (gc.get_linewidth() + 1)
        path = path.cleaned(
            transform + self.flip,
            remove_nans=True,
            # Only a line may be cut at the edge: a cut face would get a false outline.
            clip=(-margin, -margin, self.width + margin, self.height + margin) if line else None,
            simplify=line and path.should_simplify,
            curves=True,
        )
        data = path_data(path.vertices, path.codes)
        if data:
            self.add("path", gc, d=data, style=self.style(gc, rgbFace))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        size = prop.get_size_in_points() * UNITS
        if ismath:  # formulas need matplotlib's own letters, as outlines
            vertices, codes = text_to_path.get_text_path(prop, s, ismath=ismath)
            scale = size / text_to_path.FONT_SCALE
            place = Affine2D().scale(scale).rotate_deg(angle).translate(x, self.height - y)
            face = gc.get_rgb()
            gc.set_linewidth(0)
            self.draw_path(gc, Path(vertices, codes), place, face)
            return
        style = {"fill": css_color(gc.get_rgb()[:3]), "font-size": f"{short(size)}px"}
        if prop.get_weight() not in ("normal", "regular", 400):
            style["font-weight"] = prop.get_weight()
        if prop.get_style() != "normal":
            style["font-style"] = prop.get_style()
        alpha = gc.get_alpha() if gc.get_forced_alpha() else gc.get_rgb()[3]
        if alpha != 1:
            style["opacity"] = f"{alpha:.3g}"
        if mtext is not None and (angle == 0 or mtext.get_rotation_mode() == "anchor"):
            # The page's font has other widths: keep the point at which the text is anchored.
            ax, ay = mtext.get_transform().transform(mtext.get_unitless_position())
            ay = self.height - ay
            across = np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
            x, y = np.array([ax, ay]) + across @ [x - ax, y - ay] * across
            anchor = {"center": "middle", "right": "end"}.get(mtext.get_ha())
            if anchor:
                style["text-anchor"] = anchor
        where = {"x": str(round(x)), "y": str(round(y))}
        if angle:
            where["transform"] = f"rotate({short(-angle)} {round(x)} {round(y)})"
        self.add("text", gc, **where, style=css(style), text=s)

    def draw_image(self, gc, x, y, im, transform=None):
        if transform is None:
            raise NotImplementedError('an image on the page needs interpolation="none"')
        rgba = np.array(im)
        height, width = rgba.shape[:2]
        place = (
            Affine2D().scale(1 / width, 1 / height)
            + transform
            + Affine2D().translate(x, y)
            + self.flip
        )
        a, b, c, d, e, f = Affine2D(place.get_matrix()).to_values()
        if b == c == 0 and d < 0:  # upside down: turn the pixels, not the picture
            rgba, f, d = rgba[::-1].copy(), f + d * height, -d
        attributes = {"width": short(width), "height": short(height)}
        attributes["transform"] = f"matrix({' '.join(f'{v:.6g}' for v in (a, b, c, d, e, f))})"
        attributes["preserveAspectRatio"] = "none"
        if gc.get_alpha() not in (None, 1):
            attributes["opacity"] = f"{gc.get_alpha():.3g}"
        self.add("image", gc, **attributes, href=Raster(rgba))

    def add(self, tag, gc, text="", **attributes):
        """Record one element, behind the clip that `gc` asks for."""
        clip = self.clip(gc)
        # A clip given to a turned or scaled element would be turned with it.
        group = clip and "transform" in attributes
        if group:
            self.elements.append(Element(0, "g", {"clip-path": clip}))
        elif clip:
            attributes["clip-path"] = clip
        self.elements.append(Element(int(bool(group)), tag, attributes, text))

    def clip(self, gc):
        """Address of the clip that `gc` asks for, recorded where it is new; None without one."""
        box, (path, transform) = gc.get_clip_rectangle(), gc.get_clip_path()
        if path is not None:
            path = path.cleaned(transform + self.flip, curves=True)
            data = path_data(path.vertices, path.codes)
        elif box is not None:
            x0, y0, x1, y1 = (round(v) for v in box.extents)
            data = f"m{x0} {round(self.height) - y1}h{x1 - x0}v{y1 - y0}h{x0 - x1}z"
        else:
            return None
        if data not in self.clips:
            self.clips[data] = f"{self.prefix}-{len(self.clips)}"
            self.elements.append(Element(0, "clipPath", {"id": self.clips[data]}))
            self.elements.append(Element(1, "path", {"d": data}))
        return f"url(#{self.clips[data]})"

    def style(self, gc, face):
        """The `style` attribute of a path."""
        style = {}
        forced = gc.get_alpha() if gc.get_forced_alpha() else None
        if face is None:
            style["fill"] = "none"
        else:
            style["fill"] = css_color(tuple(face[:3]))
            if forced is None and len(face) == 4 and face[3] != 1:
                style["fill-opacity"] = f"{face[3]:.3g}"
        if forced is not None and forced != 1:
            style["opacity"] = f"{forced:.3g}"
        width = gc.get_linewidth()
        red, green, blue, alpha = gc.get_rgb()
        if width and alpha:
            style["stroke"] = css_color((red, green, blue))
            style["stroke-width"] = short(width * UNITS)
            if forced is None and alpha != 1:
                style["stroke-opacity"] = f"{alpha:.3g}"
            offset, dashes = gc.get_dashes()
            if dashes is not None:
                style["stroke-dasharray"] = " ".join(short(d * UNITS) for d in dashes)
                if offset:
                    style["stroke-dashoffset"] = short(offset * UNITS)
            if gc.get_joinstyle() != "round":
                style["stroke-linejoin"] = gc.get_joinstyle()
            if gc.get_capstyle() != "butt":
                style["stroke-linecap"] = gc.get_capstyle().replace("projecting", "square")
        return css(style)


def css(style):
    return ";".join(f"{name}:{value}" for name, value in style.items())


def escape(value):
    """A text or a number as it stands in HTML, also between quotes."""
    return html.escape(str(value))


def markup(elements):
    """Elements as the text of an SVG document."""
    parts, closing = [], []

    def close(depth):
        while len(closing) > depth:
            parts.append(f"</{closing.pop()}>")

    for depth, tag, attributes, text in elements:
        close(depth)
        written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        parts.append(f"<{tag}{written}>{escape(text)}")
        closing.append(tag)
    close(0)
    return "".join(parts)
