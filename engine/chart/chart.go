package chart

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/tacit-space/tacit/engine/fault"
)

// Faults of figures.
var (
	BadFormat = fault.Declare("TACIT-T091", "figure format",
		"A figure is written to a file that ends neither in .svg nor in .png.",
		"Name the file of --plot with the ending .svg or .png.")
	NoFigure = fault.Declare("TACIT-T092", "no figure",
		"The statistic has no figure, or nothing of it was released.",
		"Leave --plot out.")
)

// Figure is something that can be drawn.
type Figure interface {
	// draw draws onto a canvas of the size that size returns.
	draw(c draw.Canvas) error
	size() (width, height vg.Length)
}

// Format returns the format that a file's ending asks for.
func Format(file string) (string, error) {
	switch f := strings.TrimPrefix(strings.ToLower(filepath.Ext(file)), "."); f {
	case "svg", "png":
		return f, nil
	default:
		return "", BadFormat.New("%s ends in neither .svg nor .png", filepath.Base(file))
	}
}

// Write draws a figure; format is "svg" or "png".
func Write(w io.Writer, f Figure, format string) error {
	width, height := f.size()
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "svg":
		canvas = vgsvg.New(width, height)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(144))}
	default:
		return BadFormat.New("no format %q", format)
	}
	c := draw.New(canvas)
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	if err := f.draw(c); err != nil {
		return fmt.Errorf("chart: %w", err)
	}
	_, err := canvas.WriteTo(w)
	return err
}

// palette is by Okabe and Ito.
var palette = []color.NRGBA{
	{0, 114, 178, 255},
	{213, 94, 0, 255},
	{0, 158, 115, 255},
	{204, 121, 167, 255},
	{230, 159, 0, 255},
	{86, 180, 233, 255},
	{0, 0, 0, 255},
}

func colorOf(i int) color.NRGBA { return palette[i%len(palette)] }

func shade(i int) color.NRGBA {
	c := colorOf(i)
	c.A = 46
	return c
}

// tint is a colour on white, the stronger the deeper it is, as of bands within bands.
func tint(i, depth int) color.NRGBA {
	c, part := colorOf(i), min(0.18*float64(depth), 1)
	mix := func(x uint8) uint8 { return uint8(255 + part*(float64(x)-255)) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}

// newPlot is an empty plot in the house style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font.Size = 13
	p.Title.Padding = 8
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 11, 11
	p.Legend.TextStyle.Font.Size = 10
	p.Legend.Top = true
	p.Legend.Padding = 2
	p.Legend.XOffs, p.Legend.YOffs = -6, -4
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font.Variant = "Sans"
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	return p
}

// ticks are about six round numbers: 1, 2 or 5 times a power of ten apart.
type ticks struct{}

// Ticks implements [plot.Ticker].
func (ticks) Ticks(low, high float64) []plot.Tick {
	const about = 6
	step := math.Pow(10, math.Floor(math.Log10((high-low)/about)))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*m) <= about+1 {
			step *= m
			break
		}
	}
	decimals := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	var out []plot.Tick
	for i := math.Ceil(low/step-1e-9) + 0; i*step <= high+step*1e-9; i++ {
		out = append(out, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step+0, 'f', decimals, 64)})
	}
	return out
}

// hours are those of a day, six apart.
type hours struct{}

// Ticks implements [plot.Ticker].
func (hours) Ticks(_, _ float64) []plot.Tick {
	var out []plot.Tick
	for h := 0; h <= 24; h += 6 {
		out = append(out, plot.Tick{Value: float64(h), Label: strconv.Itoa(h)})
	}
	return out
}

// frame leaves a margin around what is drawn.
func frame(c draw.Canvas) draw.Canvas { return draw.Crop(c, 10, -14, 8, -8) }
