import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Starts the system's Chromium; says what to install where there is none. */
export async function launch(): Promise<Browser> {
  try {
    return await chromium.launch({
      executablePath: EXECUTABLE,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  } catch (error) {
    throw new Error(`these tests need Chromium at ${EXECUTABLE}: apt-get install chromium`, { cause: error })
  }
}

/** A page with what must not happen on it. */
export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Errors and warnings of its console, and uncaught errors. */
  readonly complaints: string[]
  /** Addresses it asked for, other than its own file. */
  readonly requests: string[]
}

export interface View {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly touch?: boolean
}

export async function open(browser: Browser, address: string, view: View = {}): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: view.width ?? 1280, height: view.height ?? 900 },
    colorScheme: view.dark === true ? 'dark' : 'light',
    hasTouch: view.touch ?? false,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) requests.push(request.url())
  })
  await page.goto(address)
  await page.waitForSelector('html[data-ready]')
  return { page, context, complaints, requests }
}
