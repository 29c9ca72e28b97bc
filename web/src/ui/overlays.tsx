import * as RadixDialog from "@radix-ui/react-dialog";
import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { cx, IconButton } from "./basics";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** Can't be put away: something has to be answered first. */
  firm?: boolean;
  wide?: boolean;
}

/** A modal window. The backdrop is ours: Radix's own puts a style element into the page, which the policy forbids. */
export function Dialog({ open, onOpenChange, title, description, children, firm, wide }: DialogProps) {
  const stay = (event: Event) => {
    if (firm) event.preventDefault();
  };
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <div className="fixed inset-0 z-40 bg-black/45" aria-hidden />
        <RadixDialog.Content
          className={cx(
            "fixed top-[max(16px,12vh)] left-1/2 z-50 flex max-h-[80vh] w-[calc(100vw-32px)] -translate-x-1/2 flex-col overflow-auto rounded-lg border border-line bg-surface shadow-pop focus:outline-none",
            wide ? "max-w-[640px]" : "max-w-[440px]",
          )}
          onEscapeKeyDown={stay}
          onPointerDownOutside={stay}
          onInteractOutside={stay}
          aria-describedby={description ? undefined : ""}
        >
          <header className="flex items-start gap-2 px-4 pt-3">
            <RadixDialog.Title className="flex-1 text-lg font-semibold">{title}</RadixDialog.Title>
            {!firm && (
              <RadixDialog.Close asChild>
                <IconButton label="Close">
                  <X size={16} aria-hidden />
                </IconButton>
              </RadixDialog.Close>
            )}
          </header>
          <div className="flex flex-col gap-3 px-4 pt-1 pb-4">
            {description && <RadixDialog.Description className="text-ink-2">{description}</RadixDialog.Description>}
            {children}
          </div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

export interface MenuItem {
  label: string;
  hint?: string;
  icon?: ReactNode;
  checked?: boolean;
  disabled?: boolean;
  /** Keeps the menu open, for ticking several. */
  stay?: boolean;
  act: () => void;
}

export function Menu({ trigger, items, label, align = "end" }: { trigger: ReactNode; items: (MenuItem | "line")[]; label: string; align?: "start" | "end" }) {
  const row = "flex min-h-7 cursor-default items-center gap-2 rounded px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{trigger}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          className="z-50 max-h-[70vh] min-w-[180px] overflow-auto rounded-md border border-line bg-surface p-1 shadow-pop"
        >
          {items.map((item, at) =>
            item === "line" ? (
              <RadixMenu.Separator key={at} className="my-1 h-px bg-line" />
            ) : item.checked === undefined ? (
              <RadixMenu.Item key={at} className={row} disabled={item.disabled} onSelect={item.act}>
                {item.icon}
                <span className="flex-1">{item.label}</span>
                {item.hint && <span className="text-sm text-ink-3">{item.hint}</span>}
              </RadixMenu.Item>
            ) : (
              <RadixMenu.CheckboxItem
                key={at}
                className={row}
                checked={item.checked}
                disabled={item.disabled}
                onSelect={(event) => {
                  if (item.stay) event.preventDefault();
                  item.act();
                }}
              >
                <span className="flex w-4 justify-center text-accent" aria-hidden>
                  {item.checked ? "✓" : ""}
                </span>
                <span className="flex-1">{item.label}</span>
              </RadixMenu.CheckboxItem>
            ),
          )}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}
