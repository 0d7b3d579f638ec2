"""Requests written for training the small model, each with the calls that it asks for.

A line is `request => calls`. Slots in braces are filled from a catalogue or from the list shown before: `{g}` and `{h}`
genres or kinds, `{p}` a person or brand, `{m}` a mood or feature, `{a}` and `{b}` titles, `{n}` a place in the list as
it is said and `{x}` its title, `{y}` a year, `{d}` a decade as it is said, `{k}` minutes or euros, `{q}` words to find.
A call is `tool key=value key=value`; `|` joins values of a list, ` & ` joins calls, and `none` is no call, with the
reply after a colon.
"""

from __future__ import annotations

FILMS = """
i want to watch a {g} movie => recommend include={g}
any good {g} films? => recommend include={g}
Can you recommend a {m} {g} film => recommend include={m}|{g}
looking for something {m} tonight => recommend include={m}
I am in the mood for {g}, but no {h} please => recommend include={g} exclude={h}
something with {p} => recommend include={p}
got any movies with {p} in them? => recommend include={p}
{g} movies starring {p} => recommend include={g}|{p}
show me films by {p} that are not {h} => recommend include={p} exclude={h}
i love {p}, what should i see => remember_taste subject={p} polarity=like & recommend include={p}
movies like {a} => similar_items title={a}
Something like {a} please => similar_items title={a}
I'm looking for a movie similar to {a} => similar_items title={a}
what else is there that is like {a}? => similar_items title={a}
something like {a} but funnier => similar_items title={a} more=funny
like {a} but less violent => similar_items title={a} less=violent
i want something like {a} but more {m} => similar_items title={a} more={m}
films like {a} and {b} => recommend like={a}|{b}
I enjoyed {a} and {b}, can you suggest others? => recommend like={a}|{b}
I really liked {a}. Any suggestions? => recommend like={a}
something like {a} or {b}, only {g} => recommend like={a}|{b} include={g}
I like movies like {a}, {b} but nothing with {h} => recommend like={a}|{b} exclude={h}
a {g} like {a} => recommend like={a} include={g}
a {g} film from the {d} => recommend include={g} year_from={y0} year_to={y9}
{g} from before {y} => recommend include={g} year_to={y-1}
something made after {y} with {p} => recommend include={p} year_from={y+1}
{g} under {k} minutes => recommend include={g} max_runtime={k}
Nothing longer than {k} minutes, {m} if possible => recommend include={m} max_runtime={k}
no {g} and no {h} => recommend exclude={g}|{h}
anything but {g} => recommend exclude={g}
not {g} again please, something {m} => recommend include={m} exclude={g}
my kids want a {g} movie => recommend include={g}|family
i want to watch something with my girlfriend, {g} maybe => recommend include={g}
hi! how are you? I'm looking for {g} movies => recommend include={g}
Hello, i like {g} and {h} films => recommend include={g}|{h}
hey there, any {m} movies from the {d}? => recommend include={m} year_from={y0} year_to={y9}
do you have a film about {q}? => search_catalogue query={q}
find movies about {q} => search_catalogue query={q}
which film is the one with {q}? => search_catalogue query={q}
is there a movie set around {q}, not {h} => search_catalogue query={q} exclude={h}
search for {q} => search_catalogue query={q}
who directed {a}? => item_facts title={a} facets=director
Who is in {a} => item_facts title={a} facets=cast
how long is {a}? => item_facts title={a} facets=runtime
when did {a} come out? => item_facts title={a} facets=year
what is {a} about? => item_facts title={a}
tell me more about {a} => item_facts title={a}
have you seen {a}? => item_facts title={a}
Is {a} any good? => item_facts title={a}
what genre is {a} => item_facts title={a} facets=genre
compare {a} and {b} => compare titles={a}|{b}
{a} or {b}? => compare titles={a}|{b}
which is shorter, {a} or {b} => compare titles={a}|{b}
should I watch {a} or {b} tonight => compare titles={a}|{b}
why would you recommend {a}? => explain title={a}
why {a} => explain title={a}
I hate {g} => remember_taste subject={g} polarity=dislike
i love {g} movies => remember_taste subject={g} polarity=like
I can't stand {p} => remember_taste subject={p} polarity=dislike
{p} is my favourite => remember_taste subject={p} polarity=like
I'm not a fan of {g} films => remember_taste subject={g} polarity=dislike
I usually like {g} and {h} => remember_taste subject={g} polarity=like & remember_taste subject={h} polarity=like
I like {g}, not {h} => remember_taste subject={g} polarity=like & remember_taste subject={h} polarity=dislike
i loved {a} => give_feedback title={a} verdict=like
{a} was great! => give_feedback title={a} verdict=like
{a} is one of my favorite movies => give_feedback title={a} verdict=like
I didn't like {a} => give_feedback title={a} verdict=dislike
{a} was boring => give_feedback title={a} verdict=dislike
hated {a}, sorry => give_feedback title={a} verdict=dislike
I have seen {a} already => give_feedback title={a} verdict=seen
Yes I saw {a} => give_feedback title={a} verdict=seen
I loved {a} but {b} was terrible => give_feedback title={a} verdict=like & give_feedback title={b} verdict=dislike
I loved {a} and {b} => give_feedback title={a} verdict=like & give_feedback title={b} verdict=like
I've seen {a}, what else do you have that's {m}? => give_feedback title={a} verdict=seen & recommend include={m}
i hate {h}, give me a good {g} => remember_taste subject={h} polarity=dislike & recommend include={g}
no I have not seen {a} => none: Then it may be one for you. Shall I tell you more about it?
i've never heard of {a} => none: It may be worth a look. Ask me what it is about, if you like.
I'll have to check out {a} => none: I hope you enjoy it. Tell me how it was.
i will watch {a} tonight, thanks => none: Enjoy it, and tell me afterwards how it was.
"""

SHOP = """
I need a {g} => recommend include={g}
looking for a {m} {g} => recommend include={m}|{g}
do you sell {g}s? => recommend include={g}
a {g} from {p} please => recommend include={g}|{p}
a {g} under {k} euros => recommend include={g} max_price={k}
{m} {g}, not more than {k} € => recommend include={m}|{g} max_price={k}
cheap {g} => recommend include={g} less=expensive
{g} but not from {p} => recommend include={g} exclude={p}
anything {m} for the kitchen? => recommend include={m}|Kitchen
something like the {a} => similar_items title={a}
like the {a} but cheaper => similar_items title={a} less=expensive
an alternative to {a} => similar_items title={a}
how much is the {a}? => item_facts title={a} facets=price
what is the {a} made of => item_facts title={a} facets=material
does the {a} come in other colours? => item_facts title={a} facets=colour
who makes the {a} => item_facts title={a} facets=brand
tell me about {a} => item_facts title={a}
compare the {a} with the {b} => compare titles={a}|{b}
{a} or {b}, which one is cheaper? => compare titles={a}|{b}
why the {a}? => explain title={a}
I don't like {p} => remember_taste subject={p} polarity=dislike
i prefer {m} things => remember_taste subject={m} polarity=like
I already have the {a} => give_feedback title={a} verdict=seen
the {a} is great => give_feedback title={a} verdict=like
I was not happy with the {a} => give_feedback title={a} verdict=dislike
search for {q} => search_catalogue query={q}
can I return a {g}? => answer_help question=can I return a {g}?
how long does delivery take => answer_help question=how long does delivery take
how do i get a refund => answer_help question=how do i get a refund
where is my order? => answer_help question=where is my order?
what does shipping cost => answer_help question=what does shipping cost
do you take paypal => answer_help question=do you take paypal
is there a warranty on the {g}? => answer_help question=is there a warranty on the {g}?
i want to cancel my order => answer_help question=i want to cancel my order
my {g} arrived broken => answer_help question=my {g} arrived broken
can i exchange it for another size => answer_help question=can i exchange it for another size
how can I talk to a person => answer_help question=how can I talk to a person
I need a {g} and how long is delivery? => recommend include={g} & answer_help question=how long is delivery?
"""

AFTER_A_LIST = """
why {n}? => explain title={x}
why did you pick {n} => explain title={x}
tell me more about {n} => item_facts title={x}
what is {n} about => item_facts title={x}
I have seen {n} => give_feedback title={x} verdict=seen
i loved {n} => give_feedback title={x} verdict=like
not {n}, I did not like it => give_feedback title={x} verdict=dislike
{n} sounds good, more like that => similar_items title={x}
more like {n} => similar_items title={x}
no not {n} => give_feedback title={x} verdict=skip
{x} was amazing => give_feedback title={x} verdict=like
oh I love {x}! => give_feedback title={x} verdict=like
I saw {x}, it was ok => give_feedback title={x} verdict=seen
I have seen {x} and liked it, anything else? => give_feedback title={x} verdict=like & recommend
compare the first two => compare titles={one}|{two}
which of the first two is better? => compare titles={one}|{two}
anything else? => recommend
do you have any others => recommend
some more please => recommend
show me something else => recommend
something {m} instead => recommend include={m}
but without {h} => recommend exclude={h}
I'd rather have {g} => recommend include={g}
more {m} please => recommend more={m}
less {m} => recommend less={m}
no, i don't like {h} => remember_taste subject={h} polarity=dislike
yes please => recommend
none of these, I want a {g} => recommend include={g}
haven't seen {n} => none: Then it may be one for you. Ask me what it is about, if you like.
i have not seen that one => none: Then it may be one for you. Ask me what it is about, if you like.
that sounds good => none: Good. Tell me how you liked it, or ask for more.
great suggestions, thank you => none: You are welcome. Tell me how you liked them.
I'll check it out, thanks! => none: You are welcome. Tell me how it was.
ok thanks bye => none: Goodbye, and enjoy it.
perfect, I will try {n} => none: Good choice. Tell me how it was.
sounds interesting, who is in it? => item_facts title={x} facets=cast
is {n} scary? => item_facts title={x}
"""

ALWAYS = """
hi => none: Hello! What are you in the mood for?
hello there => none: Hello! What are you looking for?
hey how are you => none: I am well, thank you. What are you looking for?
Hi! Good morning => none: Good morning! What do you feel like?
thanks => none: You are welcome.
thank you so much, have a great day => none: You are welcome, and a good day to you too.
bye => none: Goodbye.
good night! => none: Good night.
lol => none: What would you like to see next?
what can you do? => none: I recommend with reasons, look up facts, compare, and remember what you like.
who are you => none: I am a guide to this catalogue. Tell me what you feel like.
what's the weather like? => none: That is beyond me. I know this catalogue and nothing else.
can you write my essay => none: That is beyond me. I know this catalogue and nothing else.
what is the capital of france => none: That is beyond me. I know this catalogue and nothing else.
recommend me something => none: With pleasure. What kind do you feel like?
i need a suggestion => none: What kind of thing do you have in mind?
can you help me find something => none: Gladly. What are you in the mood for?
surprise me => recommend
anything is fine => recommend
what do you know about me? => show_profile
show my profile => show_profile
what have i told you so far => show_profile
what do you think i like => show_profile
forget everything => forget everything=true
delete all my data please => forget everything=true
forget that i like {g} => forget subject={g}
forget about {p} => forget subject={p}
please forget what I said about {a} => forget subject={a}
"""
