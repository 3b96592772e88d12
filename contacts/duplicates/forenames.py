"""Short forms of French forenames, and forenames frequent enough that two of them are not one misspelt.

A line is one forename with its short forms; a short form may stand on several lines.
"""

from __future__ import annotations

from contacts.folding import fold

_SHORT_FORMS = """
Agnès Agnes Nès|Alain Al|Albert Bébert Al|Alexandra Alex Sandra Alexia|Alexandre Alex Sacha|Alexis Alex
Alice Lili Ali|Amandine Mandine Dine|Amélie Mélie Mel Amy|Anaïs Ana Nana|André Dédé|Andrée Dédée
Angélique Angie Angel|Anne Annie Nanou|Annie Anne|Anthony Antho Tony|Antoine Toine Toinou Tony
Antoinette Toinette Toni|Armelle Mel|Arnaud Nono|Arthur Tutur|Aurélie Aurel Lily Lili Rélie|Aurélien Aurel
Bastien Bast|Béatrice Béa|Benjamin Ben Benji|Benoît Ben Benou|Bernadette Nadette Detty|Bernard Nanard Bern
Bertrand Bert|Brigitte Bri Gigi Bibi|Bruno Nono|Camille Cam Cami|Carole Caro|Caroline Caro
Catherine Cathy Cathie Kathy Cath Kate Katia|Cécile Cécé Cécilia|Cédric Ced|Céline Line Cel
Chantal Chacha Chant|Charles Charlie Charly|Charlotte Charlie Cha Lotte|Christelle Chris Kris
Christian Chris Cricri|Christiane Chris Cricri|Christine Chris Cricri Tine Kiki Kris
Christophe Chris Tophe Tof|Claire Clairette|Claude Claudie Cloclo|Claudine Claudie Dine|Clément Clem
Clémence Clem|Colette Coco|Corinne Coco Co|Cyril Cyr|Damien Dam|Daniel Dan Dany Danny|Danielle Dany Dani
David Dave Davy|Delphine Del Fifi Phine|Denis Denys|Denise Nini Niss|Didier Did Didi
Dominique Dom Domi Doumé|Édouard Ed Eddy Doudou|Éléonore Éléo Nora|Éliane Liane
Élisabeth Lisa Babeth Élise Beth Lise Zabeth|Élodie Élo|Emma Em|Emmanuel Manu|Emmanuelle Manu Manue
Émilie Milie Émi Mimi Emy|Éric Rico|Estelle Stelle|Étienne Tienne|Eugénie Génie|Évelyne Éve Lyne|Fabien Fab
Fabienne Fab|Fabrice Fab|Fatima Fati Fatou|Fernand Nand|Fernande Nande|Florence Flo|Florent Flo|Florian Flo
Franck Francky|François Fanch Francis Franz|Françoise Fanfan Fanchon Soizic Framboise|Frédéric Fred Frédo
Frédérique Fred|Gabriel Gab Gaby|Gabrielle Gab Gaby|Gaëlle Gaé|Geneviève Ginette Gene Viève|Georges Jo Geo
Georgette Gette|Gérard Gégé Gé|Germaine Mémaine|Gilbert Gil|Gilles Gil|Grégory Greg
Guillaume Guigui Guill Willy|Guy Guitou|Gwenaëlle Gwen Gwenn|Hélène Léna Lène Ln|Henri Riri|Hervé Vévé
Hubert Hub|Hugo Hug|Ibrahim Ibra|Inès Nès|Irène Rène|Isabelle Isa Zaza Belle Babelle
Jacqueline Jackie Jacotte Line|Jacques Jacky Jack Jacquot|Jean Jeannot|Jean-Baptiste JB Jean Baptiste
Jean-Charles JC Jean|Jean-Christophe JC Jean Christophe|Jean-Claude JC Jean Claude
Jean-François JF Jeff Jean François|Jean-Jacques JJ Jean|Jean-Louis JL Jean Jeanlou|Jean-Luc JL Jean
Jean-Marc JM Jean Marc|Jean-Marie JM Jean|Jean-Michel JM Jean Jeanmi|Jean-Paul JP Jean|Jean-Philippe JP Jean
Jean-Pierre JP Jean Pierre|Jean-Yves JY Jean|Jeanne Jeannette Jeannie|Jennifer Jenny Jen|Jérémie Jérem
Jérémy Jérem Jem|Jérôme Jé Gégé|Joël Jo|Joëlle Jo|Jonathan Jo John Nathan|Joseph Jo José|Josette Jo
Josiane Jo Josy|Josyane Jo|Julie Ju Juju|Julien Ju Juju Jul|Juliette Ju Juju Julie|Justine Juju|Karim Ka
Karine Ka|Kévin Kev|Laetitia Laeti Titi|Laura Lau|Laurence Laure Lolo Lau|Laurent Lolo Lau|Léa Lélé
Léonard Léo|Léopold Léo|Liliane Lili Lily|Loïc Lolo|Louis Loulou Ludo Lou|Louise Lou Loulou Louison
Lucas Luc Lulu|Lucie Lulu Lucy|Lucien Lulu|Lucienne Lulu|Ludovic Ludo|Lydie Lydia|Madeleine Mado Madelon Mad
Magali Mag Maggy|Marc Marco|Marcel Marcello|Margaux Margot|Marguerite Margot Maggy|Marie Mimi Manon
Marie-Christine Marie-Chris Marie MC|Marie-Claude Marie MC|Marie-Ange Marie|Marie-France Marie MF
Marie-Hélène Marie MH|Marie-Jeanne Marie MJ|Marie-José Marie Majo|Marie-Laure Marie Marilou ML
Marie-Louise Marie Malou Marilou ML|Marie-Pierre Marie MP|Marie-Thérèse Marie Maïté MT|Marine Marinette
Marion Mariette|Martine Titine Tine Mart|Mathieu Mat Math Matt|Mathilde Mathou Mat Tilde|Mathis Mat
Matthieu Mat Math Matt|Maurice Momo|Maxime Max|Maximilien Max|Mélanie Mel Méla|Mélissa Mel Lissa
Michel Mich Mimi Mimiche|Michèle Mich Mimi Michou|Micheline Mich Line|Mickaël Mick Micky Mike Micka
Mohamed Momo Moha Mo|Monique Momo Nique Mo|Muriel Mumu|Nadine Nad Dine|Nathalie Nat Nath Natou|Nathan Nat
Nicolas Nico Nic Colas|Nicole Nico Nicky|Noémie Noé Mimi|Océane Océ|Odile Didi|Odette Dette
Olivier Oliv Olive|Ophélie Ophé|Pascal Pasc|Pascale Pasc|Patrice Pat|Patricia Pat Patou Patty
Patrick Pat Patoche|Paul Paulo Popaul|Paulette Paule Lette|Pauline Paupau Popo|Philippe Phil Philou
Pierre Pierrot Pierrick Peter|Quentin Quent|Raphaël Raph|Raymond Ray Momon|Raymonde Monde|Rémi Rem|Rémy Rem
René Néné|Renée Néné|Richard Rich Dick|Robert Bob Rob|Rodolphe Rod Rodo|Roland Rol|Romain Rom Romu
Roger Rodge|Sabrina Sab|Samuel Sam|Sandrine Sandy Sand San|Sarah Sassa|Sébastien Seb Bastien|Serge Sergio
Séverine Sev|Simon Sim|Simone Momone Mone|Solange Sol|Sophie Sosso Soph|Stanislas Stan
Stéphane Steph Stef Stéphan|Stéphanie Steph Fanny Stef Stephie|Suzanne Suzie Suzy Suzon Zaza|Sylvain Syl
Sylvie Syl Vivi|Sylviane Syl|Théodore Théo|Théophile Théo|Thérèse Thé Tété|Thibault Tib Thib
Thierry Titi Thi|Thomas Tom Thom Tommy|Timothée Tim|Ulysse Uly|Valentin Val|Valentine Val|Valérie Val Valou
Véronique Véro Nique|Victor Vic Totor|Vincent Vince Vinz|Virginie Virg Gigi Nini|Viviane Vivi
William Will Bill|Xavier Xav|Yannick Yann|Yasmine Yas|Yolande Yoyo Yola|Yves Yvon|Yvette Vévette
Yvonne Vonvon|Zacharie Zac Zach
""".replace("\n", "|").strip("|").split("|")  # fmt: skip
_OTHERS = """
Adam Adèle Adrien Aïcha Alban Ali Aline Alphonse Ambre Amina Amir Angèle Anna Apolline Ariane Arlette Audrey
Axel Baptiste Blandine Boris Capucine Chloé Clara Claudette Cyprien Cyrille Daphné Diane Dorothée Edgar
Edith Élisa Eliott Elsa Émeric Émile Émilienne Enzo Ernest Esteban Eva Ève Fanny Faustine Félix Flavie Gaël
Gaétan Gaston Gauthier Gérald Gervais Ghislaine Ghislain Gisèle Grâce Gustave Hamza Hector Henriette Héloïse
Honoré Huguette Igor Ilan Ilyes Iris Ismaël Ivan Jade Janine Jasmine Jocelyne Jordan Jules Julia Karima
Kenza Khadija Laure Lancelot Léna Léo Léon Lilou Lina Lionel Lisa Lola Loris Loïs Luc Luce Lucile Lukas Luna
Lyam Maël Maëlys Maeva Malik Manuel Marcelle Mariam Mariama Marianne Marius Marthe Martin Maud Maryse Mehdi
Mila Mireille Morgan Morgane Moussa Mustapha Myriam Nabil Nadège Nadia Naïma Nathaël Nina Noa Noah Noël
Nolan Nora Norbert Nour Octave Oscar Otto Paola Pénélope Perrine Rachel Rachid Rayan Régine Régis Rémi
Roland Romane Romy Rosalie Rose Ruben Saïd Salomé Samia Samira Samir Sandra Sasha Sofia Sonia Soraya Tanguy
Tatiana Théo Théa Tiago Titouan Ugo Valère Vanessa Victoire Victoria Violette Wassim Yanis Yann Yasmina
Youssef Yohan Yohann Youcef Yvan Zoé Zineb
""".split()  # fmt: skip


def _lines() -> list[list[str]]:
    return [[fold(form) for form in line.split()] for line in _SHORT_FORMS]


def _by_form() -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, forms in enumerate(_lines()):
        for form in forms:
            found.setdefault(form, set()).add(number)
    return {form: frozenset(numbers) for form, numbers in found.items()}


LINES_OF = _by_form()
"""The lines of `_SHORT_FORMS` on which a folded form stands."""
FREQUENT = frozenset([forms[0] for forms in _lines()] + [fold(name) for name in _OTHERS])
"""Folded forenames that people have: "julie" and "julien" are two, although one letter apart."""


def is_short_form(one: str, other: str) -> bool:
    """True when two folded forenames may be one person's: a short form, initials, or one of several.

    "cathy" and "catherine", "jp" and "jean pierre", "j" and "julie", "marie" and "marie jeanne".
    """
    if one == other:
        return True
    if LINES_OF.get(one, _NONE) & LINES_OF.get(other, _NONE):
        return True
    words, others = one.split(), other.split()
    short, long = (words, others) if len(words) <= len(others) else (others, words)
    if len(short) == 1 and len(long) > 1 and (short[0] in long or short[0] == _initials(long)):
        return True
    if len(short) == len(long) == 1 and 1 in (len(one), len(other)):
        return one[0] == other[0]
    if short == long[: len(short)]:
        return True
    return len(long) > 1 and bool(LINES_OF.get(short[0], _NONE) & LINES_OF.get(long[0], _NONE))


_NONE: frozenset[int] = frozenset()


def _initials(words: list[str]) -> str:
    return "".join(word[0] for word in words)
