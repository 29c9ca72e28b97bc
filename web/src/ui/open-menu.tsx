import * as RadixMenu from "@radix-ui/react-dropdown-menu";

import type { MenuProps } from "./menu-items";

/** Menu that opens when mounted. */
export default function OpenMenu({ trigger, items, label, align = "end" }: MenuProps) {
  const row =
    "flex min-h-7 cursor-default items-center gap-2 rounded px-2 outline-none select-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover";
  return (
    <RadixMenu.Root modal={false} defaultOpen>
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
