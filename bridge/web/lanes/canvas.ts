/** A canvas as sharp as the screen. */
export interface Surface {
  readonly canvas: HTMLCanvasElement
  readonly context: CanvasRenderingContext2D
  width: number
  height: number
}

export function surface(canvas: HTMLCanvasElement): Surface {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser cannot draw on a canvas')
  return { canvas, context, width: 0, height: 0 }
}

/** Sets the size in CSS pixels and clears it. */
export function begin(target: Surface, width: number, height: number): void {
  const ratio = Math.min(3, window.devicePixelRatio || 1)
  const { canvas, context } = target
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    canvas.style.height = `${height}px`
  }
  target.width = width
  target.height = height
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
}
